"""Writes the workbooks of TestWorkbooksOfOtherProgramsAreRead, each with the same cells.

pip install openpyxl==3.1.5 xlsxwriter==3.3.1 && python others.py
"""

import datetime

import openpyxl
import xlsxwriter

BORN = datetime.datetime(1990, 1, 1)
SEEN = datetime.datetime(2024, 2, 29, 9, 30)


def with_openpyxl(path, epoch):
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    sheet.title = "Công dân"
    sheet.append(["Danh sách"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["Lê  Hoà\n& <con>", 1087012345, BORN, SEEN, True, 0.1])
    sheet["B3"].number_format = "000000000000"
    sheet["C3"].number_format = "dd/mm/yyyy"
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Ẩn").sheet_state = "veryHidden"
    book.save(path)


def with_xlsxwriter(path, **options):
    book = xlsxwriter.Workbook(path, options)
    sheet = book.add_worksheet("Công dân")
    sheet.write(0, 0, "Danh sách")
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.write_rich_string(2, 0, "Lê ", book.add_format({"bold": True}), " Hoà\n& <con>")
    sheet.write_number(2, 1, 1087012345, book.add_format({"num_format": "000000000000"}))
    sheet.write_datetime(2, 2, BORN, book.add_format({"num_format": "[$-42A]dd mmmm yyyy;@"}))
    sheet.write_datetime(2, 3, SEEN, book.add_format({"num_format": 22}))
    sheet.write_boolean(2, 4, True)
    sheet.write_formula(2, 5, "=1/10", None, 0.1)
    book.add_worksheet("Ẩn").very_hidden()
    book.close()


with_openpyxl("openpyxl.xlsx", openpyxl.utils.datetime.CALENDAR_WINDOWS_1900)
with_openpyxl("openpyxl-1904.xlsx", openpyxl.utils.datetime.CALENDAR_MAC_1904)
with_xlsxwriter("xlsxwriter.xlsx", date_1904=True)
with_xlsxwriter("xlsxwriter-inline.xlsx", constant_memory=True)
