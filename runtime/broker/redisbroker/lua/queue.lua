-- What the scripts of a queue share. Each of them declares these keys first:
-- KEYS[1] to KEYS[5] are the lanes in the order of service.
local schedule, holders, wake, settings, counters = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local SUSPECTS = 5

-- How an envelope begins; see envelope.go.
local ID_END, LOST, LANE, FLAGS, READY, KIND = 16, 18, 19, 20, 27, 33
local NOTIFY, BOUND = 1, 2

local function id_of(envelope)
  return string.sub(envelope, 1, ID_END)
end

local function has(envelope, flag)
  return bit.band(string.byte(envelope, FLAGS), flag) ~= 0
end

-- whole reports whether an envelope has a head that makes sense; what a foreign
-- hand has written must not stop the others.
local function whole(envelope)
  local lane = string.byte(envelope, LANE)
  return #envelope > KIND and lane >= 1 and lane < SUSPECTS
end

local function lane_of(envelope)
  if string.byte(envelope, LOST) >= SUSPECT_AFTER then return SUSPECTS end
  return string.byte(envelope, LANE)
end

-- stamp sets since when a task could run.
local function stamp(envelope, ms)
  local bytes = {}
  for i = 6, 1, -1 do
    bytes[i] = string.char(ms % 256)
    ms = math.floor(ms / 256)
  end
  return string.sub(envelope, 1, READY - 1) .. table.concat(bytes) .. string.sub(envelope, READY + 6)
end

-- A claim carries CLAIM_BYTES or one task. Elements up to LARGE need no care: a
-- whole batch of them is not more. Of a lane with larger ones it is known how far
-- from its head they reach, and the size of the largest; large is both, or zeros.
local function large(lane)
  local known = redis.call('HMGET', counters, 'large:' .. lane, 'largest:' .. lane)
  return tonumber(known[1]) or 0, tonumber(known[2]) or 0
end

local function set_large(lane, reach, largest)
  if reach > 0 then
    redis.call('HSET', counters, 'large:' .. lane, string.format('%.0f', reach), 'largest:' .. lane, largest)
  else
    redis.call('HDEL', counters, 'large:' .. lane, 'largest:' .. lane)
  end
end

-- pushed notes what a push of n elements to a lane means for its large ones.
local function pushed(command, lane, n, length, size)
  local reach, largest = large(lane)
  if command == 'LPUSH' and reach > 0 then reach = reach + n end
  if size > LARGE then reach = command == 'LPUSH' and math.max(reach, n) or length end
  if reach > 0 then set_large(lane, reach, math.max(largest, size)) end
end

-- shrunk notes that elements of a lane have gone.
local function shrunk(lane)
  local reach, largest = large(lane)
  if reach > 0 then set_large(lane, math.min(reach, redis.call('LLEN', KEYS[lane])), largest) end
end

-- read reads the envelopes of ids, false for what has none, as far as they are
-- not too much to pass through a script; the first value is whose those are.
local function read(data, ids)
  local known, envelopes, step, bytes, largest = {}, {}, 8, 0, 1
  while #known < #ids and bytes < CLAIM_BYTES do
    local from, upto = #known + 1, math.min(#ids, #known + step)
    for i, envelope in ipairs(redis.call('HMGET', data, unpack(ids, from, upto))) do
      known[from + i - 1], envelopes[from + i - 1] = ids[from + i - 1], envelope
      if envelope then bytes, largest = bytes + #envelope, math.max(largest, #envelope) end
    end
    step = math.max(1, math.min(2 * step, math.floor((CLAIM_BYTES - bytes) / largest)))
  end
  return known, envelopes
end

-- push adds envelopes to their lanes: RPUSH to the tails, in their order; LPUSH
-- to the heads, so that the last one comes first.
local function push(command, envelopes)
  local lanes, sizes = {}, {}
  for _, envelope in ipairs(envelopes) do
    local lane = lane_of(envelope)
    local run = lanes[lane]
    if not run then
      run = {}
      lanes[lane], sizes[lane] = run, 0
    end
    run[#run + 1] = envelope
    if #envelope > sizes[lane] then sizes[lane] = #envelope end
  end
  for lane, run in pairs(lanes) do
    local length = redis.call(command, KEYS[lane], unpack(run))
    if sizes[lane] > LARGE or command == 'LPUSH' then pushed(command, lane, #run, length, sizes[lane]) end
  end
end

-- settled reports whether a task of a claim is settled, by the claim's bits; so
-- is what the claim does not have.
local function settled(bits, index)
  return bit.band(string.byte(bits, math.floor(index / 8) + 1) or 255, bit.lshift(1, index % 8)) ~= 0
end

-- unsettled are the envelopes of a claim that are not, the last one first. Bits
-- that are missing, by whatever hand, settle nothing.
local function unsettled(list, bits)
  local found, envelopes = {}, redis.call('LRANGE', list, 0, -1)
  bits = bits .. string.rep('\0', math.ceil(#envelopes / 8) - #bits)
  for k = #envelopes, 1, -1 do
    if not settled(bits, k - 1) then found[#found + 1] = envelopes[k] end
  end
  return found
end

-- forget_progress drops what the runs of tasks have told.
local function forget_progress(progress, envelopes)
  if #envelopes == 0 or redis.call('EXISTS', progress) == 0 then return end
  local ids = {}
  for k, envelope in ipairs(envelopes) do ids[k] = id_of(envelope) end
  redis.call('HDEL', progress, unpack(ids))
end

-- put_off lets a task wait until due.
local function put_off(scheduled, envelope, due)
  local id = id_of(envelope)
  redis.call('HSET', scheduled, id, stamp(envelope, due))
  redis.call('ZADD', schedule, due, id)
end

-- free gives up a unique key that the task holds without a window.
local function free(unique, key, id)
  if redis.call('HGET', unique, key) == id then redis.call('HDEL', unique, key) end
end

-- bound_key is the unique key that a task holds without a window, if it does.
local function bound_key(envelope)
  if not whole(envelope) or not has(envelope, BOUND) then return nil end
  local start = KIND + string.byte(envelope, KIND) + 1
  local length = string.byte(envelope, start)
  return length and string.sub(envelope, start + 1, start + length)
end

-- holder is the task that holds a unique key now; nil: none.
local function holder(unique, key, at)
  local value = redis.call('HGET', unique, key)
  local ends = value and tonumber(string.sub(value, ID_END + 1))
  if value and #value >= ID_END and not (ends and ends <= at) then return string.sub(value, 1, ID_END) end
end

-- hold gives a task its unique key.
local function hold(unique, windows, key, window, id, at)
  if window == 0 then
    redis.call('HSET', unique, key, id)
    return
  end
  redis.call('HSET', unique, key, id .. string.format('%.0f', at + window))
  redis.call('ZADD', windows, at + window, key)
end

-- keep leaves an outcome for as long as it is asked for.
local function keep(bucket, id, state, retention, data, at)
  redis.call('HSET', bucket, id, string.format('%s%.0f %.0f ', state, at, at + retention) .. data)
  if redis.call('PTTL', bucket) < retention then redis.call('PEXPIREAT', bucket, at + retention) end
end

-- bury makes a task a dead letter. One that cannot be read is filed under what
-- it begins with.
local function bury(dead, letters, unique, envelope, at)
  local id = id_of(envelope .. string.rep('\0', ID_END))
  redis.call('ZADD', dead, at, id)
  redis.call('HSET', letters, id, envelope)
  local key = bound_key(envelope)
  if key then free(unique, key, id) end
end

-- readable takes what cannot be read out of envelopes, for bury.
local function readable(envelopes)
  local good, bad = {}, {}
  for _, envelope in ipairs(envelopes) do
    if envelope then
      local into = whole(envelope) and good or bad
      into[#into + 1] = envelope
    end
  end
  return good, bad
end

-- lengths are those of the lanes; a paused queue has nothing to serve.
local function lengths()
  local all, paused = {}, redis.call('HGET', settings, 'paused') == '1'
  for lane = 1, SUSPECTS do
    all[lane] = paused and 0 or redis.call('LLEN', KEYS[lane])
  end
  return all
end

-- serve picks the lane that a claim takes from; nil where there is none.
local function serve(all, reverse, suspects)
  for n = 1, SUSPECTS do
    local lane = n
    if reverse then lane = SUSPECTS + 1 - n end
    if all[lane] > 0 and (lane ~= SUSPECTS or suspects) then return lane end
  end
end

-- time_brings is when time alone brings work to a session: a task is due, or
-- another session that holds claims lapses; nil: never. The second value names
-- that session if it has lapsed.
local function time_brings(session, at)
  local due = tonumber(redis.call('ZRANGE', schedule, 0, 0, 'WITHSCORES')[2])
  local held = redis.call('ZRANGE', holders, 0, 1, 'WITHSCORES')
  local other = held[1] == session and 3 or 1
  local lapse = tonumber(held[other + 1])
  local lapsed = lapse and lapse <= at and held[other] or ''
  if due and lapse then return math.min(due, lapse), lapsed end
  return due or lapse, lapsed
end

-- rouse lets one waiter look, unless one has been told already.
local function rouse()
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '') end
end

-- standing is what a session is told of the queue after its cycle: the time,
-- whether a further cycle would find work, until when there is none (-1: not
-- known), whom to reclaim from. Whoever waits is roused if there is work for
-- anybody.
local function standing(session, suspects, at, all)
  local next, lapsed = time_brings(session, at)
  local come = next and next <= at
  if come or serve(all, false, true) then rouse() end
  local more = come or serve(all, false, suspects)
  local again = next and not come and next - at or -1
  return { at, more and 1 or 0, again, lapsed }
end

-- sweep drops unique keys whose windows have ended.
local function sweep(unique, windows, at)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', windows, '-inf', at, 'LIMIT', 0, SWEEP_BATCH)) do
    local holder = redis.call('HGET', unique, key)
    local ends = holder and tonumber(string.sub(holder, ID_END + 1))
    if ends and ends <= at then redis.call('HDEL', unique, key) end
    redis.call('ZREM', windows, key)
  end
end
