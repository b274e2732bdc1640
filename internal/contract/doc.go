// Package contract holds the declarations of datasets: it parses, validates,
// lints, compares and drafts data contracts of the Open Data Contract Standard
// (ODCS) 3.1.0, Bitol / LF AI & Data.
//
// In come the bytes of *.odcs.yaml files, or the profile of a source. Out come
// a typed Contract, Problems that show the offending line and say what to do,
// a Set of Datasets with their relationships resolved, the Changes between two
// contracts or between a contract and its source, and drafts to be edited.
//
// It knows no database driver, reads no data and never connects anywhere; the
// only files it opens are the contracts of a folder (LoadDir).
package contract
