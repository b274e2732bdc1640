"""Reads tables with pyiceberg, which knows nothing of Sen.

Takes the catalogue's properties, as JSON, as its argument and one request a line on standard
input: {"table": "clean_agency.object", "snapshot": 0 or an id, "filter": a
condition or "", "to": a Parquet file to write the rows to}. Answers one line
of JSON a request.
"""

import json
import sys

import pyarrow.parquet
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import AlwaysTrue

catalogue = load_catalog("sen", type="sql", **json.loads(sys.argv[1]))
for line in sys.stdin:
    ask = json.loads(line)
    namespace, name = ask["table"].split(".")
    table = catalogue.load_table((namespace, name))
    rows = table.scan(ask["filter"] or AlwaysTrue(), snapshot_id=ask["snapshot"] or None).to_arrow()
    pyarrow.parquet.write_table(rows, ask["to"])
    listed = [".".join(t) for t in catalogue.list_tables(namespace)]
    print(json.dumps({"rows": rows.num_rows, "columns": rows.column_names, "listed": listed}), flush=True)
