// Package cli gives a program the command line of a worker:
//
//	func main() { os.Exit(cli.Main(email.Tasks(mailer)...)) }
//
// Commands: worker runs the program's tasks until SIGTERM or SIGINT, and serves
// HTTP at web.listen; enqueue makes a task of flags or JSON; schedule lists the
// next ticks of the crons; dashboard serves the dashboard; config prints each
// setting and where it came from; version says what was built; completion writes
// a shell's completions. Settings are those of package config: flags,
// environment, task-queue.toml or .yaml.
//
// Exit codes: 0 all is well, also after a drain; 1 it is not; 2 wrong usage, a
// bad configuration, or no store; 130 ended by a second signal, or by the first
// one before any work began.
package cli
