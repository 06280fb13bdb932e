package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/internal/console"
	"github.com/tqgen/taskqueue/internal/taskjson"
	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
)

const enqueueLong = `Enqueue a task of the program, and print its id.

Its fields are flags, or all of them one JSON object: --json '{…}', --json - reads standard input.
What the task says of itself counts as in the program: its queue, its key, what makes it unique. Flags override it.`

func (c *command) enqueue() *cobra.Command {
	cmd := &cobra.Command{Use: "enqueue TASK", Short: "Enqueue a task", Long: enqueueLong}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		var names []string
		for _, t := range c.program.Tasks {
			if t.Kind != nil {
				names = append(names, t.Kind.Name)
			}
		}
		if len(args) == 0 {
			return errors.New("which task? There are " + strings.Join(names, ", "))
		}
		return fmt.Errorf("the program has no task %q; it has %s", args[0], strings.Join(names, ", "))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, t := range c.program.Tasks {
		if t.Kind != nil {
			cmd.AddCommand(c.enqueueOne(&t))
		}
	}
	return cmd
}

// enqueueOne is the command of one task.
func (c *command) enqueueOne(task *taskqueue.Task) *cobra.Command {
	kind := task.Kind
	cmd := &cobra.Command{Use: kind.Name, Short: "Enqueue " + kind.Name, Args: cobra.NoArgs}
	cmd.Flags().SortFlags = false
	o := options{flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	o.add()
	c.addStoreFlags(o.flags)
	schema, unknown := taskjson.Read(kind.Schema)
	fields := map[string]taskjson.Field{}
	if unknown == nil {
		fields = fieldFlags(cmd.Flags(), o.flags, schema)
	}
	cmd.Flags().AddFlagSet(o.flags)
	o.complete(cmd)
	cmd.RunE = c.with(false, func(ctx context.Context, client *taskqueue.Client, _ *config.Config, _ *logs) error {
		if unknown != nil {
			return console.Misuse(fmt.Errorf("%s cannot be made of text: %w", kind.Name, unknown))
		}
		object, err := c.object(cmd.Flags(), o.json, fields)
		if err != nil {
			return console.Misuse(err)
		}
		payload, err := schema.Encode(object)
		if err != nil {
			return console.Misuse(err)
		}
		extra, err := o.read()
		if err != nil {
			return console.Misuse(err)
		}
		job, err := jobOf(task, payload, extra)
		if err != nil {
			return console.Misuse(err)
		}
		id, err := client.Enqueue(ctx, job)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.process.Stdout, id)
		return err
	})
	return cmd
}

// jobOf is the job that the generated Job method makes of a payload: with the queue,
// the key and the unique key that it takes from the task's own fields and methods. A
// task that was not generated knows no more than its kind.
func jobOf(task *taskqueue.Task, payload []byte, extra []taskqueue.Option) (taskqueue.Job, error) {
	if task.Decode != nil {
		decoded, err := task.Decode(max(task.Kind.Version, 1), payload)
		if err != nil {
			return taskqueue.Job{}, err
		}
		if own, ok := decoded.(interface {
			Job(options ...taskqueue.Option) taskqueue.Job
		}); ok {
			return own.Job(extra...), nil
		}
	}
	return taskqueue.NewJob(task.Kind, msgp.Raw(payload), extra...), nil
}

// fieldFlags makes a flag of each field, of the field's name if no other flag has it,
// else field-NAME.
func fieldFlags(flags, others *pflag.FlagSet, schema *taskjson.Schema) map[string]taskjson.Field {
	fields := map[string]taskjson.Field{}
	for _, f := range schema.Fields() {
		name := flagName(f.Name)
		if others.Lookup(name) != nil || flags.Lookup(name) != nil || name == "help" {
			name = "field-" + name
		}
		if flags.Lookup(name) != nil {
			continue // only --json can tell them apart
		}
		value := &fieldText{kind: f.Kind()}
		usage := ""
		if f.WriteOnly {
			usage = "secret: others can see it in the list of processes; rather use --json -"
		}
		flags.Var(value, name, usage)
		if value.kind == "boolean" {
			flags.Lookup(name).NoOptDefVal = "true"
		}
		fields[name] = f
	}
	return fields
}

// flagName is how a field is spelled as a flag: OrderID is order-id.
func flagName(field string) string {
	var b strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		switch {
		case r == '_' || r == ' ' || r == '.':
			b.WriteByte('-')
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])):
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// A fieldText is the text of a field's flag.
type fieldText struct{ kind, text string }

// String implements pflag.Value.
func (t *fieldText) String() string { return t.text }

// Set implements pflag.Value.
func (t *fieldText) Set(s string) error {
	t.text = s
	_, err := t.value()
	return err
}

// Type implements pflag.Value.
func (t *fieldText) Type() string { return t.kind }

// value is the field's JSON.
func (t *fieldText) value() (json.RawMessage, error) {
	switch t.kind {
	case "string", "time", "base64", "duration":
		return json.Marshal(t.text)
	}
	if !json.Valid([]byte(t.text)) {
		return nil, fmt.Errorf("%q is no %s", t.text, t.kind)
	}
	return json.RawMessage(t.text), nil
}

// object is what --json says, or the flags of fields.
func (c *command) object(flags *pflag.FlagSet, given string, fields map[string]taskjson.Field) ([]byte, error) {
	object := map[string]json.RawMessage{}
	switch {
	case given == "-":
		text, err := io.ReadAll(c.process.Stdin)
		if err != nil {
			return nil, err
		}
		given = string(text)
		fallthrough
	case given != "":
		if err := json.Unmarshal([]byte(given), &object); err != nil {
			return nil, fmt.Errorf("--json: %w", err)
		}
	}
	var errs []error
	flags.Visit(func(f *pflag.Flag) {
		field, ok := fields[f.Name]
		text, typed := f.Value.(*fieldText)
		if !ok || !typed {
			return
		}
		if _, twice := object[field.Name]; twice {
			errs = append(errs, fmt.Errorf("--%s and --json both say what %s is", f.Name, field.Name))
		}
		value, err := text.value()
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", f.Name, err))
		}
		object[field.Name] = value
	})
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return json.Marshal(object)
}
