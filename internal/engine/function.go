package engine

/*
#include <stdlib.h>

void sen_call_function(void *info, void *input, void *output);
typedef void (*sen_call_function_t)(void *, void *, void *);
typedef void (*sen_free_t)(void *);
*/
import "C"

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Type is a type of the engine that functions take and give.
type Type int

// The types of functions.
const (
	Varchar Type = iota
	Boolean
	Integer // 32 bits
	Date    // 32 bits: days since 1970-01-01
	Bigint
	Any // an argument alone, of a type that the function knows
)

var logical = map[Type]mapping.Type{
	Varchar: mapping.TypeVarchar, Boolean: mapping.TypeBoolean, Integer: mapping.TypeInteger,
	Date: mapping.TypeDate, Bigint: mapping.TypeBigInt, Any: mapping.TypeAny,
}

// Function is a scalar function for SQL that is written in Go. The engine
// calls it for a vector of some 2,000 rows at a time, so that a row costs
// neither a call into Go nor an allocation. The driver's own functions of this
// kind hand over one boxed value at a time, which costs more than the pattern
// that such a function is to replace.
type Function struct {
	Name     string
	Takes    []Type
	More     bool // any number of arguments of type Any follow
	Gives    Type
	Volatile bool // it does something beside answering: no call is left out or done twice

	// Call fills out, row by row, from the arguments in. It is called by
	// several threads side by side, and must keep nothing of in or out.
	// Arguments may be NULL, and are then whatever stands there.
	Call func(in []Vector, out Vector)
}

// Vector is one column of the rows of a call.
type Vector struct {
	Rows   int
	data   unsafe.Pointer
	valid  *uint64
	handle mapping.Vector
}

// varchar is how the engine keeps a text: up to 12 bytes in place, else 4 of
// them and where all are (DuckDB, string_t).
type varchar struct {
	length uint32
	prefix [4]byte
	rest   [8]byte
}

const varcharInPlace = 12

// Null reports whether row i holds no value.
func (v Vector) Null(i int) bool {
	if v.valid == nil {
		return false
	}
	words := unsafe.Slice(v.valid, (v.Rows+63)/64)
	return words[i/64]>>(i%64)&1 == 0
}

// SetNull makes row i of the answer hold no value.
func (v *Vector) SetNull(i int) {
	if v.valid == nil {
		mapping.VectorEnsureValidityWritable(v.handle)
		v.valid = (*uint64)(mapping.VectorGetValidity(v.handle))
	}
	unsafe.Slice(v.valid, (v.Rows+63)/64)[i/64] &^= 1 << (i % 64)
}

// Text is the bytes of row i of a Varchar, to be read within the call.
func (v Vector) Text(i int) []byte {
	s := (*varchar)(unsafe.Add(v.data, i*int(unsafe.Sizeof(varchar{}))))
	if s.length <= varcharInPlace {
		return unsafe.Slice((*byte)(unsafe.Pointer(&s.prefix)), s.length)
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.rest)), s.length)
}

// SetText puts a text into row i of a Varchar.
func (v Vector) SetText(i int, text string) {
	if len(text) > varcharInPlace {
		mapping.VectorAssignStringElementLen(v.handle, mapping.IdxT(i), []byte(text))
		return
	}
	s := (*varchar)(unsafe.Add(v.data, i*int(unsafe.Sizeof(varchar{}))))
	*s = varchar{length: uint32(len(text))}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&s.prefix)), varcharInPlace), text)
}

// Booleans are the rows of a Boolean.
func (v Vector) Booleans() []bool { return unsafe.Slice((*bool)(v.data), v.Rows) }

// Int32s are the rows of an Integer or a Date.
func (v Vector) Int32s() []int32 { return unsafe.Slice((*int32)(v.data), v.Rows) }

// Uint64s are the rows of a Bigint or a UBIGINT.
func (v Vector) Uint64s() []uint64 { return unsafe.Slice((*uint64)(v.data), v.Rows) }

// functions are those of all engines of the process, by the number that the
// engine keeps for each; they stay for as long as the process.
var functions struct {
	sync.RWMutex
	list []Function
}

// Install makes functions known to all sessions of an instance of the engine.
func Install(ctx context.Context, db *sql.DB, list []Function) error {
	session, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open a session of the SQL engine: %w", err)
	}
	defer session.Close()
	return session.Raw(func(driver any) error {
		conn, err := connection(driver.(*duckdb.Conn))
		for _, f := range list {
			if err == nil {
				err = register(conn, f)
			}
		}
		return err
	})
}

// connection is the engine's own handle of a session, which the driver keeps
// to itself. A release of the driver that keeps it elsewhere is an error here,
// not a crash.
func connection(c *duckdb.Conn) (mapping.Connection, error) {
	field := reflect.ValueOf(c).Elem().FieldByName("conn")
	if !field.IsValid() || field.Type() != reflect.TypeFor[mapping.Connection]() {
		return mapping.Connection{}, fmt.Errorf("the driver of the SQL engine has changed: it keeps no connection that a function could be registered on")
	}
	return mapping.Connection{Ptr: field.FieldByName("Ptr").UnsafePointer()}, nil
}

func register(conn mapping.Connection, f Function) error {
	functions.Lock()
	number := len(functions.list)
	functions.list = append(functions.list, f)
	functions.Unlock()

	made := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&made)
	mapping.ScalarFunctionSetName(made, f.Name)
	for _, t := range f.Takes {
		typed(t, func(l mapping.LogicalType) { mapping.ScalarFunctionAddParameter(made, l) })
	}
	if f.More {
		typed(Any, func(l mapping.LogicalType) { mapping.ScalarFunctionSetVarargs(made, l) })
	}
	typed(f.Gives, func(l mapping.LogicalType) { mapping.ScalarFunctionSetReturnType(made, l) })
	mapping.ScalarFunctionSetSpecialHandling(made) // NULL is the function's own affair
	if f.Volatile {
		mapping.ScalarFunctionSetVolatile(made)
	}
	info := C.malloc(C.size_t(unsafe.Sizeof(uint64(0))))
	*(*uint64)(info) = uint64(number)
	mapping.ScalarFunctionSetExtraInfo(made, info, unsafe.Pointer(C.sen_free_t(C.free)))
	mapping.ScalarFunctionSetFunction(made, unsafe.Pointer(C.sen_call_function_t(C.sen_call_function)))
	if mapping.RegisterScalarFunction(conn, made) == mapping.StateError {
		return fmt.Errorf("the SQL engine refuses the function %s", f.Name)
	}
	return nil
}

func typed(t Type, use func(mapping.LogicalType)) {
	l := mapping.CreateLogicalType(logical[t])
	use(l)
	mapping.DestroyLogicalType(&l)
}

// sen_call_function is what the engine calls. A panic within a function ends
// the statement, not the process.
//
//export sen_call_function
func sen_call_function(infoPtr, inputPtr, outputPtr unsafe.Pointer) {
	info := mapping.FunctionInfo{Ptr: infoPtr}
	defer func() {
		if fault := recover(); fault != nil {
			mapping.ScalarFunctionSetError(info, fmt.Sprintf("a function of Sen failed: %v", fault))
		}
	}()
	number := *(*uint64)(mapping.ScalarFunctionGetExtraInfo(info))
	functions.RLock()
	call := functions.list[number].Call
	functions.RUnlock()

	chunk := mapping.DataChunk{Ptr: inputPtr}
	rows := int(mapping.DataChunkGetSize(chunk))
	in := make([]Vector, mapping.DataChunkGetColumnCount(chunk))
	for i := range in {
		in[i] = vector(mapping.DataChunkGetVector(chunk, mapping.IdxT(i)), rows)
	}
	call(in, vector(mapping.Vector{Ptr: outputPtr}, rows))
}

func vector(v mapping.Vector, rows int) Vector {
	return Vector{Rows: rows, data: mapping.VectorGetData(v), valid: (*uint64)(mapping.VectorGetValidity(v)), handle: v}
}
