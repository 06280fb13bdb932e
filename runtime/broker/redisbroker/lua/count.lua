-- Counts the tasks and sessions of a queue, and tells its settings.
local dead, idle = KEYS[18], KEYS[19]

local sessions = redis.call('ZCARD', holders) + redis.call('ZCARD', idle)
local lapsed = redis.call('ZCOUNT', holders, '-inf', at) + redis.call('ZCOUNT', idle, '-inf', at)
local pending = groups().waiting()
for lane = 1, SUSPECTS do pending = pending + redis.call('LLEN', KEYS[lane]) end
local counts = {
  pending,
  redis.call('ZCARD', schedule),
  redis.call('ZCARD', dead),
  sessions - lapsed,
  lapsed,
}
local totals = redis.call('HMGET', counters, 'enqueued', 'done', 'retried', 'released', 'died', 'discarded', 'lost', 'deleted', 'dropped')
for _, total in ipairs(totals) do counts[#counts + 1] = total or '0' end
counts[#counts + 1] = redis.call('HGETALL', settings)
return counts
