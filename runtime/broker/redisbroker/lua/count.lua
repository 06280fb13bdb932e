-- Counts the tasks and sessions of a queue.
local idle, dead = KEYS[11], KEYS[12]

local pending = 0
for lane = 1, SUSPECTS do pending = pending + redis.call('LLEN', KEYS[lane]) end
local counts = {
  pending,
  redis.call('ZCARD', schedule),
  redis.call('ZCARD', dead),
  redis.call('ZCARD', holders) + redis.call('ZCARD', idle),
}
local totals = redis.call('HMGET', counters, 'enqueued', 'done', 'retried', 'released', 'died', 'discarded', 'lost', 'deleted')
for _, total in ipairs(totals) do counts[#counts + 1] = total or '0' end
for _, setting in ipairs(redis.call('HMGET', settings, 'paused', 'max')) do counts[#counts + 1] = setting or '0' end
return counts
