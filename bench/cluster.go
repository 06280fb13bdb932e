package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqgen/taskqueue/internal/redistest"
)

const (
	clusterMasters = 3
	clusterQueues  = 6 // a queue lives on one master, so load is shared by queues
	clusterSlots   = 16384
)

// measureCluster drains six queues of a Cluster of three masters on this machine,
// and the same on one server. On few cores three masters are not faster; on three
// machines each does its share. What shows is what the Cluster costs.
func measureCluster(t *trial) error {
	for name, masters := range map[string]int{"cluster_1_master": 1, "cluster_3_masters": clusterMasters} {
		if err := t.drainCluster(name, masters); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) drainCluster(name string, masters int) error {
	var nodes []*redistest.Server
	defer func() {
		for _, n := range nodes {
			n.Close()
		}
	}()
	var addrs []string
	for range masters {
		n, err := redistest.Launch("--cluster-enabled", "yes")
		if err != nil {
			return err
		}
		nodes, addrs = append(nodes, n), append(addrs, n.Addr())
	}
	if err := joinCluster(t.ctx, addrs); err != nil {
		return err
	}
	q, err := openTaskqueue("redis+cluster://" + strings.Join(addrs, ","))
	if err != nil {
		return err
	}
	defer q.close()
	c := change{work: workload{slots: 10, queues: clusterQueues}, job: spread(clusterQueues)}
	if err := c.load(t.ctx, q.(*taskqueueQueue), t.size.tasks); err != nil {
		return err
	}
	elapsed, err := c.drain(t.ctx, q.(*taskqueueQueue), t.size.tasks)
	t.add(name+"_per_s", float64(t.size.tasks)/elapsed.Seconds())
	return err
}

// joinCluster makes a Cluster of servers: each gets its share of the slots.
func joinCluster(ctx context.Context, addrs []string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	clients := make([]*redis.Client, len(addrs))
	for i, addr := range addrs {
		clients[i] = redis.NewClient(&redis.Options{Addr: addr})
		defer clients[i].Close()
		first, last := i*clusterSlots/len(addrs), (i+1)*clusterSlots/len(addrs)-1
		host, port, _ := strings.Cut(addrs[0], ":")
		err := errors.Join(
			clients[i].Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)).Err(),
			clients[i].ClusterAddSlotsRange(ctx, first, last).Err(),
			clients[i].ClusterMeet(ctx, host, port).Err(),
		)
		if err != nil {
			return fmt.Errorf("cluster node %s: %w", addr, err)
		}
	}
	for _, c := range clients {
		for {
			info, err := c.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", len(addrs))) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}
