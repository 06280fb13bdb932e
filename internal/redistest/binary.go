package redistest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
)

// findBinary is the path of REDIS_SERVER or, if that is not set, of the first
// server on PATH.
func findBinary() (string, error) {
	if name := os.Getenv("REDIS_SERVER"); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("REDIS_SERVER: %w; set it to the path of a redis-server", err)
		}
		return path, nil
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no redis-server and no valkey-server on PATH: install one, set REDIS_SERVER to its path, or run the tests with `make test`")
}

// Ports lie below those that systems give to outgoing connections: a client
// that dials a dead server's port from such a range can be given that very port,
// reach itself and keep the server from coming back. A Cluster node takes a
// second port, busDistance higher, which lies below them too.
const (
	firstPort   = 12000
	busDistance = 10000
)

// freePort is a port that nobody listens on now; somebody may a moment later.
func freePort() (int, error) {
	for range 100 {
		port := firstPort + rand.IntN(busDistance)
		if available(port) && available(port+busDistance) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port from %d to %d", firstPort, firstPort+busDistance)
}

func available(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
