package diag

// A Code names a kind of mistake for good: it is never reused.
type Code string

// An Entry explains a code.
type Entry struct {
	Code  Code
	Title string
	Why   string
}

// The codes. 1xx: directives, 2xx: types, 3xx: names, 4xx: tasks.lock, 5xx:
// source that cannot be read.
const (
	NotDirective   Code = "TQ100"
	Misspelt       Code = "TQ101"
	Detached       Code = "TQ102"
	NotType        Code = "TQ103"
	OnAlias        Code = "TQ104"
	OnGeneric      Code = "TQ105"
	NotStruct      Code = "TQ106"
	InTestFile     Code = "TQ107"
	BuildTags      Code = "TQ108"
	Misplaced      Code = "TQ109"
	UnknownKey     Code = "TQ110"
	Duplicate      Code = "TQ111"
	EmptyValue     Code = "TQ112"
	Malformed      Code = "TQ114"
	BadDuration    Code = "TQ115"
	BadNumber      Code = "TQ116"
	BadName        Code = "TQ117"
	BadChoice      Code = "TQ118"
	Conflict       Code = "TQ119"
	BadResult      Code = "TQ120"
	BadUnique      Code = "TQ121"
	InGenerated    Code = "TQ122"
	BadCron        Code = "TQ123"
	CronField      Code = "TQ124"
	BadKey         Code = "TQ125"
	Unexported     Code = "TQ201"
	Unsupported    Code = "TQ202"
	NoCodec        Code = "TQ203"
	BadMapKey      Code = "TQ204"
	BadPointer     Code = "TQ205"
	BadRecursion   Code = "TQ206"
	BadTag         Code = "TQ207"
	DuplicateField Code = "TQ208"
	PartialCodec   Code = "TQ209"
	Unresolved     Code = "TQ210"
	TakenMember    Code = "TQ211"
	BadExecute     Code = "TQ212"
	BadMethod      Code = "TQ213"
	BadUpgrade     Code = "TQ214"
	SameWireName   Code = "TQ301"
	TakenName      Code = "TQ302"
	UnexportedTask Code = "TQ303"
	Incompatible   Code = "TQ401"
	BadLock        Code = "TQ402"
	BadSource      Code = "TQ501"
	MixedPackages  Code = "TQ502"
	NotOurs        Code = "TQ503"
)

// Catalogue explains every code, in order. docs/diagnostics.md says the same.
func Catalogue() []Entry {
	return []Entry{
		{NotDirective, "a comment that looks like a directive but is none", "Go reads a directive only at the start of a // comment, without a space, so this one would be ignored."},
		{Misspelt, "a misspelt directive", "The prefix is `taskqueue:` in lower case, followed by `task`, `retry` or `defaults`; anything else would be ignored."},
		{Detached, "a directive that belongs to nothing", "A directive counts where it is part of the comment right above a type (or, for `defaults`, above the package clause), with no blank line between."},
		{NotType, "a directive on something that is not a type", "Tasks are struct types: functions, variables and constants cannot travel through a queue."},
		{OnAlias, "a directive on an alias", "An alias cannot have methods of its own."},
		{OnGeneric, "a directive on a generic type", "A generic type has no wire name and no layout until it is instantiated. As fields, instantiations are fine."},
		{NotStruct, "a directive on a type that is not a struct", "A payload must be able to grow, so it has named fields."},
		{InTestFile, "a directive in a test file", "Generated code is part of the package, and the package does not see its test files."},
		{BuildTags, "a directive in a file with build tags", "Generated code has no build tags: it would not compile where the file is left out."},
		{Misplaced, "a directive in the wrong place", "`retry` refines a task and needs `//taskqueue:task` in the same comment; `defaults` stands above the package clause, once a package."},
		{UnknownKey, "an unknown key", "Keys are never ignored: what the generator does not know would not happen."},
		{Duplicate, "something that is said twice", "Two values for one thing leave open which one counts."},
		{EmptyValue, "a key without a value", "An empty value is never meant: to have the default, leave the key out."},
		{Malformed, "a directive that cannot be read", "After the verb come words of the form key=value, separated by spaces. A value with spaces is a Go string in double quotes or backquotes."},
		{BadDuration, "a bad duration", "Durations are written as in Go (1h30m, 45s, 200ms), with a unit, and have limits."},
		{BadNumber, "a bad number", "The value is not a number or is outside its limits."},
		{BadName, "a bad name", "Names of tasks and queues have 1 to 128 characters out of A-Z a-z 0-9 _ . : - so that they are safe in every store."},
		{BadChoice, "a word that is not one of the choices", "The key accepts only some words."},
		{Conflict, "settings that contradict each other", "One of them would have no effect."},
		{BadResult, "a result type that cannot be used", "A result travels back through the store: it is a struct that gets a codec, a type with its own msgp codec, a basic type, or a slice or map of these. Arrays, generic structs and structs without a name go into a field of a struct."},
		{BadUnique, "a unique key that cannot be made", "A unique key is made of fields that are on the wire and have one plain form: booleans, numbers, strings, bytes, times and durations."},
		{InGenerated, "a directive in a generated file", "The generator does not read its own output, so the directive would be lost."},
		{BadCron, "a schedule that cannot be read", "Specs have five fields, or six with the second first, or begin with @; zones have IANA names. The rules are those of taskqueue.Cron."},
		{CronField, "a field that nobody fills", "What cron= enqueues is the zero value of the struct. A field of it must be meant to be zero then, and says so with `tq:\"optional\"`."},
		{BadKey, "a key that cannot be made", "The key that says whose task it is, `tq:\"key\"`, is one field of the task: a string, an integer or an array of bytes."},
		{Unexported, "an unexported field", "It would be silently left out of the payload."},
		{Unsupported, "a field type that cannot be a payload", "Functions, channels, interfaces, complex numbers and unsafe pointers have no form outside of their process."},
		{NoCodec, "a struct of another module without a codec", "The generator writes files only in its own module, and the struct does not implement msgp's Marshaler, Unmarshaler and Sizer."},
		{BadMapKey, "a map key that cannot be encoded", "Keys of maps are strings or integers."},
		{BadPointer, "a pointer that cannot be encoded", "On the wire a pointer is nil or its value; a pointer to a pointer, or a pointer type with a name, has no such form."},
		{BadRecursion, "a type without a codec of its own that contains itself", "Instantiated generic types, slices and maps are encoded in place, which would never end. A struct may contain itself."},
		{BadTag, "a bad field tag", "Field tags are `msg:\"name\"` and `tq:\"-\"`, `tq:\"copy\"`, `tq:\"secret\"`, `tq:\"unique\"`, `tq:\"key\"`, `tq:\"optional\"`, `tq:\"max=64KiB\"`."},
		{DuplicateField, "two fields with one wire name", "Only one of them could be decoded."},
		{PartialCodec, "a type with some of msgp's methods", "A type that encodes itself has MarshalMsg, UnmarshalMsg and Msgsize; with only some of them the generated ones would collide."},
		{Unresolved, "a type that does not compile", "The generator needs the types of a task's fields. The message is the compiler's."},
		{TakenMember, "a field or method with the name of a generated method", "Tasks get the methods Job and Enqueue, and every struct MarshalMsg, UnmarshalMsg and Msgsize."},
		{BadExecute, "an Execute method with the wrong signature", "Execute takes a context.Context and returns an error, or a result and an error."},
		{BadMethod, "a Retries, Timeout, Queue or RetryDelay method with the wrong signature", "The methods override settings for one task: Retries() int, Timeout() time.Duration, Queue() string, RetryDelay(attempt int, err error) time.Duration."},
		{BadUpgrade, "an older shape of a task that cannot be upgraded", "The type TaskVn is the payload of Task in version n. Its method Upgrade, with a value receiver, returns the next one or any later one: func (v TaskV1) Upgrade() Task."},
		{SameWireName, "two tasks with one name", "The store knows a task only by its name; a worker could not tell them apart."},
		{TakenName, "a generated name that is taken", "The package declares something with a name that the generated file needs."},
		{UnexportedTask, "an unexported task without Execute", "Its method of Handler could not be implemented in another package."},
		{Incompatible, "a change that breaks tasks in flight", "tasks.lock remembers what is in the store. Tasks that were enqueued before the change would lose data or fail."},
		{BadLock, "tasks.lock cannot be read", "It is written by tqgen and merged by people; after a bad merge it must be repaired."},
		{BadSource, "a Go file that cannot be parsed", "The message is the parser's."},
		{MixedPackages, "two packages in one folder", "The go command refuses it as well."},
		{NotOurs, "a file in the way", "The generator never overwrites what it has not written."},
	}
}
