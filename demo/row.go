package demo

import "strconv"

// content is what a column holds; it decides which errors can be planted there.
type content uint8

const (
	identifier content = iota // the agency's own number of the row
	pin                       // personal identity number
	oldPIN                    // nine-digit number
	personName
	date         // a whole day
	dateOrYear   // a day, or for old people the year alone
	sex          // male, female
	code         // of a code list
	provinceName // a province, written out
	freeText
	postalText   // an address with its units
	wardOf       // today's ward of an address
	taxCode      // of an organisation, with its check digit
	socialNumber // of social insurance
	integer
	nested   // JSON
	typedDay // a date column of the file format: nothing to misspell
)

// column is one column of an agency's file and one property of its contract.
type column struct {
	name     string // in the contract and in the truth
	physical string // in the file
	holds    content
	required bool
	key      bool
	foreign  bool // refers to population.person
	derived  bool // read from another column of the file; all such stand last

	form  dateForm  // how this file writes days; nil elsewhere
	sexes [2]string // how this file writes male and female

	// Columns of the same row about the same person, for an identity number.
	born, sex, bornAt string
}

// How files write male and female.
var (
	sexWords = [2]string{"Nam", "Nữ"}
	sexCodes = [2]string{"1", "2"} // the contract declares them
)

// row is one record on its way out: beside each text as the agency writes it
// stands the standard value. An empty text is a blank field, or NULL.
type row struct {
	columns []column
	source  []string
	truth   []string
	extra   int // fields too many (>0) or missing at the end (<0) in this row
}

func (r *row) reset() { r.source, r.truth, r.extra = r.source[:0], r.truth[:0], 0 }

func (r *row) put(source, truth string) {
	r.source = append(r.source, source)
	r.truth = append(r.truth, truth)
}

// derive puts the standard value of a column that the file does not have.
func (r *row) derive(truth string) { r.truth = append(r.truth, truth) }

// text puts a value that is written as it is.
func (r *row) text(v string) { r.put(v, v) }

// numberUnless puts the person's number, or leaves it out, as agencies do that
// ask for another paper.
func (r *row) numberUnless(p *person, without bool) {
	if without {
		r.text("")
		return
	}
	r.text(p.number)
}

func (r *row) number(n int) { r.text(strconv.Itoa(n)) }

// day puts a date in the column's form; never is blank.
func (r *row) day(d day) {
	if d == never {
		r.put("", "")
		return
	}
	r.put(d.in(r.columns[len(r.source)].form), d.in(iso))
}

// born puts a birth date, or the year alone where no more is known and the
// column can say so. Other columns hold 1 January, as those agencies write.
func (r *row) born(p *person) {
	if p.yearOnly && r.columns[len(r.source)].holds == dateOrYear {
		r.number(p.born.year())
		return
	}
	r.day(p.born)
}

func (r *row) sex(woman bool) {
	written := r.columns[len(r.source)].sexes
	if woman {
		r.put(written[1], "female")
		return
	}
	r.put(written[0], "male")
}

// province puts the name with its rank; its standard value is the code.
func (r *row) province(p int) { r.put(provinces[p].fullName(), provinces[p].code) }

// provinceShort puts the name alone.
func (r *row) provinceShort(p int) { r.put(provinces[p].name, provinces[p].code) }
