// Command conformance drives this client for the suite that all languages share: it reads one JSON object a line and
// answers each with one.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	interplay "interplay.example/go"
)

// answer is what an operation says besides that it went well.
type answer map[string]any

// errUnsupported marks an operation that this client does not have.
var errUnsupported = errors.New("unsupported")

// driver is the state that operations share.
type driver struct {
	client   *interplay.Client
	stream   *interplay.Publisher
	receipts []*interplay.Receipt
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	d := &driver{}
	defer d.end()
	lines := bufio.NewReaderSize(in, 1<<20)
	encoder := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			if err := encoder.Encode(d.handle(line)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (d *driver) end() {
	if d.client != nil {
		_ = d.client.Close()
	}
}

func (d *driver) handle(line []byte) answer {
	var asked struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return failed(err)
	}
	operations := map[string]func(context.Context, []byte) (answer, error){
		"hello": d.hello, "wire": d.wire, "json": d.json, "connect": d.connect, "call": d.call,
		"publisher": d.publisher, "append": d.append, "receipts": d.results, "flush": d.flush, "contexts": d.contexts,
		"close": d.close, "abort": d.abort, "stats": d.stats, "converse": d.converse, "watch": d.watch,
		"record": d.record, "bench": d.bench,
	}
	operation, known := operations[asked.Do]
	if !known {
		return answer{"ok": false, "unsupported": true}
	}
	said, err := operation(context.Background(), line)
	switch {
	case errors.Is(err, errUnsupported):
		return answer{"ok": false, "unsupported": true}
	case err != nil:
		return failed(err)
	}
	if said == nil {
		said = answer{}
	}
	said["ok"] = true
	return said
}

func failed(err error) answer { return answer{"ok": false, "error": describe(err)} }

// describe says what the client's own error type says.
func describe(err error) answer {
	var e *interplay.Error
	if !errors.As(err, &e) {
		return answer{"code": "UNKNOWN", "message": err.Error()}
	}
	said := answer{"code": interplay.CodeName(e.Code), "message": e.Message}
	if e.Reason != "" {
		said["reason"] = e.Reason
	}
	if len(e.Violations) > 0 {
		var fields []string
		for _, violation := range e.Violations {
			fields = append(fields, violation.Field)
		}
		said["fields"] = fields
	}
	if len(e.Metadata) > 0 {
		said["metadata"] = e.Metadata
	}
	if e.RetryAfter > 0 {
		said["retry_after"] = e.RetryAfter.Seconds()
	}
	return said
}
