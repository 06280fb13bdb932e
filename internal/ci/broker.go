package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// brokerTests are the law for stores and its comparison with the model, on both
// stores; each check of a property is about 28 random steps, with an audit
// after each.
var brokerTests = []string{
	"go", "test", "-json", "-count=1", "-timeout=60m", "-run=^(TestConformance.*|TestProperty)$",
	"./runtime/broker/membroker", "./runtime/broker/redisbroker", "-rapid.checks=380",
}

// A brokerReport counts the cases that passed, the random steps, and what failed.
type brokerReport struct{ cases, steps, divergences int }

// testBroker runs brokerTests and ends with one line of figures. The error is
// errFailed where something failed.
func testBroker(ctx context.Context, out io.Writer) error {
	redis, _ := prepareRedis(ctx, out)
	cmd := exec.CommandContext(ctx, brokerTests[0], brokerTests[1:]...)
	cmd.Env = append(os.Environ(), "REDIS_SERVER="+redis)
	cmd.Stderr = out
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	var r brokerReport
	err = r.read(stdout, out)
	if waitErr := cmd.Wait(); waitErr != nil {
		r.divergences = max(r.divergences, 1)
	}
	fmt.Fprintf(out, "broker: %d cases, %d steps, %d divergences\n", r.cases, r.steps, r.divergences)
	if err == nil && r.divergences > 0 {
		err = errFailed
	}
	return err
}

// read takes in the events of go test and prints what failed.
func (r *brokerReport) read(events io.Reader, out io.Writer) error {
	output := map[string]string{}
	for d := json.NewDecoder(events); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the events of go test: %w", err)
		}
		if e.Action == "output" {
			output[e.name()] += e.Output
			continue
		}
		r.end(e, output[e.name()], out)
	}
}

// end books a test that has ended.
func (r *brokerReport) end(e event, output string, out io.Writer) {
	_, isCase := strings.CutPrefix(e.Test, "TestConformance")
	switch {
	case e.Action == "pass" && isCase && strings.Contains(e.Test, "/"):
		r.cases++
	case e.Action == "pass" && e.Test == "TestProperty":
		r.steps += steps(output)
	case e.Action == "fail" && e.Test != "":
		r.divergences++
		fmt.Fprint(out, output)
	}
}

// steps reads the line in which a property test says how far it went.
func steps(output string) int {
	_, after, _ := strings.Cut(output, "property: ")
	number, _, _ := strings.Cut(after, " ")
	n, _ := strconv.Atoi(number)
	return n
}
