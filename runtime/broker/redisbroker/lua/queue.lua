-- What the scripts of a queue share. Each of them declares these keys first:
-- KEYS[1] to KEYS[5] are the lanes in the order of service.
local schedule, holders, wake, settings, counters = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local SUSPECTS, GROUPS = 5, 0 -- GROUPS: the lanes of groups, whichever
local at = now()

-- How an envelope begins; see envelope.go.
local ID_END, LOST, LANE, FLAGS, READY, KIND = 16, 18, 19, 20, 27, 33
local NOTIFY, BOUND, GROUPED = 1, 2, 4

local function id_of(envelope)
  return string.sub(envelope, 1, ID_END)
end

local function has(envelope, flag)
  return bit.band(string.byte(envelope, FLAGS), flag) ~= 0
end

local groups -- a function; see groups.lua

-- whole reports whether an envelope has a head that makes sense; what a foreign
-- hand has written must not stop the others.
local function whole(envelope)
  local lane = string.byte(envelope, LANE)
  if #envelope <= KIND or lane < 1 or lane >= SUSPECTS then return false end
  return not has(envelope, GROUPED) or groups().lane_name(envelope) ~= nil
end

local function lane_of(envelope)
  local lost, lane, flags = string.byte(envelope, LOST, FLAGS)
  if lost >= SUSPECT_AFTER then return SUSPECTS end
  if bit.band(flags, GROUPED) ~= 0 then return GROUPS end
  return lane
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

