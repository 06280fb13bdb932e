package redistest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

func TestFakeVersion(t *testing.T) {
	for _, version := range []string{"5.0.14", "6.0.16", "7.4.0"} {
		for _, protocol := range []int{2, 3} {
			f := StartFake(t, Version(version))
			client := redis.NewClient(&redis.Options{Addr: f.Addr(), Protocol: protocol})
			info, err := client.Info(t.Context(), "server").Result()
			if err != nil || infoField(info, "redis_version") != version {
				t.Errorf("version %s, protocol %d: INFO %q, %v", version, protocol, info, err)
			}
			if pong, err := client.Ping(t.Context()).Result(); pong != "PONG" || err != nil {
				t.Errorf("version %s, protocol %d: PING %q, %v", version, protocol, pong, err)
			}
			client.Close()
		}
	}
}

func TestFakeReplies(t *testing.T) {
	replies := map[string]Reply{
		"A": Status("fine"), "B": Error("OOM command not allowed"), "C": Integer(-7), "D": Bulk("a\r\nb"),
		"E": Array(Bulk("x"), Array(Integer(1)), Null()), "F": Null(),
	}
	f := StartFake(t, func(args []string) Reply { return replies[args[0]] })
	conn, err := net.Dial("tcp", f.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, want := range replies {
		got, err := ask(conn, name)
		if (err != nil) != (want.Kind == '-') {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFakeRefusesToAnswer(t *testing.T) {
	f := StartFake(t, func(args []string) Reply {
		if args[0] == "BYE" {
			return Hangup()
		}
		return Silence()
	})
	client := redis.NewClient(&redis.Options{Addr: f.Addr(), Protocol: 2, DisableIdentity: true, MaxRetries: -1, ReadTimeout: 20 * time.Millisecond})
	defer client.Close()
	var timeout net.Error
	if err := client.Ping(t.Context()).Err(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("silence: %v", err)
	}
	if err := client.Do(context.Background(), "BYE").Err(); err == nil {
		t.Error("no error of a closed connection")
	}
}
