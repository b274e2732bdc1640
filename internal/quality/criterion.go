// Package quality measures data by the seven criteria: đúng, đủ, sạch, sống,
// thống nhất, kết nối, dùng chung. What comes in is what the cleaning pass
// counted (clean.Tally), what the checks found, and what is known of the
// dataset's age, certificate and references; what goes out is reports per
// column, dataset and agency, and a page that people can read. It reads no
// row, and it never turns what was not measured into a number.
//
// No official formula for the criteria is published: these are Sen's own
// measures. Each is good ÷ total, where both count values (or records), so
// that counts of ranges, columns and datasets add up:
//
//	đúng        values that are there, without those that have no standard
//	            form, break a rule of format or domain, or contradict another
//	            value of the row                     ÷ values that are there
//	đủ          required fields that hold a value; a record that is expected
//	            and absent lacks all of them         ÷ required fields
//	sạch        values that came without need of repair; a record that cannot
//	            be read, or repeats a key, spoils all its values
//	                                                 ÷ values that are there
//	sống        records of datasets whose newest change is no older than the
//	            contract's latency, else frequency   ÷ records under an SLA
//	thống nhất  values that came in the form of their data element, or that
//	            resolve in its code list             ÷ values under one
//	kết nối     references that a record of the other dataset answers, and
//	            records linked to an entity; none without a valid certificate
//	                                                 ÷ references and records
//	dùng chung  not applicable until the hub has consumers
//
// A value that breaks two rules of one column is counted twice, at most until
// none is left: the counts of a tally are per rule. The measure so never
// flatters.
package quality

// Criterion is one of the seven.
type Criterion string

// The seven criteria.
const (
	Correct   Criterion = "dung"
	Complete  Criterion = "du"
	Clean     Criterion = "sach"
	Living    Criterion = "song"
	Unified   Criterion = "thong-nhat"
	Connected Criterion = "ket-noi"
	Shared    Criterion = "dung-chung"
)

// Criteria are the seven in the order in which they are always named.
func Criteria() []Criterion {
	return []Criterion{Correct, Complete, Clean, Living, Unified, Connected, Shared}
}

// Reason says why a criterion does not apply.
type Reason string

// The reasons.
const (
	NoValues     Reason = "no-values"      // there is nothing to measure
	NoRequired   Reason = "no-required"    // the contract requires no field
	NoElement    Reason = "no-element"     // no column names a data element or a code list
	NoSLA        Reason = "no-sla"         // the contract promises no latency and no frequency
	NoChangeTime Reason = "no-change-time" // when the newest change was made is not known
	NothingLinks Reason = "nothing-links"  // no column refers to another dataset
	NoConsumers  Reason = "no-consumers"   // nobody has been given access yet
	NotMeasured  Reason = "not-measured"   // no run has measured it

	// OnlyReferences says of a score that applies what it leaves out.
	OnlyReferences Reason = "only-references" // records linked to entities are not counted in it
)
