// Package redisbroker keeps tasks in Redis 6.2 or newer, or in a server that
// speaks like one (Valkey): alone, behind Sentinel, or as a Cluster. It
// implements the contract of package broker to the letter; package brokertest
// holds it against the model.
//
// # The protocol
//
// keys.go names the structures, one for each state of a task; envelope.go says
// what an element looks like; each file in lua/ is one transition:
//
//   - add.lua adds a few messages that ask for nothing
//   - enqueue.lua adds a few messages that come as arguments
//   - bulk.lua frames a transaction that adds many without a script seeing them
//   - cycle.lua is a step of a session: unpark, settle, renew, promote, claim, forget
//   - reclaim.lua takes a claim from a session that has lapsed
//   - leave.lua ends a session without a loss
//   - look.lua tells a waiter whether there is work
//   - trim.lua drops dead letters beyond their bounds, parking.lua parks and takes back
//   - bury.lua puts away an element that cannot be read
//   - page.lua lists scheduled and dead tasks, waiting.lua those in groups' lanes and
//     parked ones
//   - edit.lua, purge.lua and configure.lua are what operators do
//   - count.lua counts
//   - mend.lua looks at one defect for Audit, and mends it for Repair
//   - put.lua and rows.lua write and read records, append.lua and lines.lua logs
//
// # Rules
//
// Every transition is one script or one transaction on the keys of one queue,
// all declared, in one slot. TIME of the server is the only clock. Everything is
// checked before the first write, and the first write of all but enqueue is one
// that a full server accepts. Whatever may arrive twice or late has a number:
// enqueues that of their producer, cycles that of their session; a repeat
// changes nothing and has the same answer, so commands are sent again until
// they are answered.
//
// Payloads do not pass through scripts on the way of an ordinary task: a script
// costs more than a nanosecond for each byte of each string that it touches.
// Claims copy list elements by SORT without an order, and the elements follow
// in the same pipeline.
//
// Tasks of groups do pass through, at some ten microseconds each: they are found
// by id, in one index for all lanes, so that a step needs no name of a lane that
// it did not declare.
//
// A claim carries at most 16 MiB, or one task; so do a promotion and a page of a
// list.
//
// # Rights
//
// A user of Redis needs no more than this, with the prefix in the place of tq:
//
//	ACL SETUSER worker on >PASSWORD ~tq:* &tq:* -@all +info +get +set +setnx
//	  +exists +del +rename +expire +pttl +pexpire +pexpireat +llen +lrange +lrem
//	  +ltrim +lpush +lpop +rpush +rpushx +blpop +sort +hget +hset +hdel +hlen
//	  +hmget +hexists +hincrby +hgetall +hkeys +hstrlen +zadd +zrem +zcard +zcount
//	  +zscore +zrange +zrangebyscore +zrangebylex +zremrangebyrank +sadd +smembers
//	  +publish +subscribe +unsubscribe +ping +time +multi +exec +eval +evalsha +hello
//	  +memory|usage
//
// and in a Cluster +cluster|slots +command +asking besides, with Durable
// +wait, and for Audit and Repair +scan +hscan +zscan +lpos +hvals +lmove.
package redisbroker
