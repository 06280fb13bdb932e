-- Counts the tasks and sessions of a queue.
local idle, dead = KEYS[10], KEYS[11]

local pending = 0
for _, length in ipairs(lengths()) do pending = pending + length end
local counts = {
  pending,
  redis.call('ZCARD', schedule),
  redis.call('ZCARD', dead),
  redis.call('ZCARD', holders) + redis.call('ZCARD', idle),
}
local totals = redis.call('HMGET', counters, 'enqueued', 'done', 'retried', 'released', 'died', 'discarded', 'lost')
for _, total in ipairs(totals) do counts[#counts + 1] = total or '0' end
return counts
