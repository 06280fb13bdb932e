// Package redistest runs real Redis servers for tests: one server, a Cluster,
// a Sentinel group, with TLS; and what stands between: a proxy that loses
// replies, a fake server that plays an old one.
//
// The program is the one that the environment variable REDIS_SERVER names, or
// the first redis-server or valkey-server on PATH; without one the tests fail.
// Every server listens on 127.0.0.1, on a port of its own, keeps its files in a
// folder of its own, and ends with the test. If the test process is killed,
// Linux ends the servers with it.
//
// A package's TestMain calls Main, so that nothing is left behind:
//
//	func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }
package redistest
