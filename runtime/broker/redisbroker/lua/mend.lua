-- Looks whether one thing is wrong, now that nothing else happens, and if it is
-- and mending is asked for, mends it. The answer is 1 if it was wrong. What goes
-- back into use takes the ways that all tasks take: into lanes by push, out of
-- claims by being reclaimed.
local dead, scheduled, unique, letters, sessions, idle, parked, shelf, claims, list =
  KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24], KEYS[25], KEYS[26], KEYS[27]
local what, mending = ARGV[1], ARGV[2] == '1'
local first, second, third, fourth = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local state, call = KEYS[17], redis.call
local WEIGHED = 5000 -- dead letters at most
local index, data = { z = schedule, x = dead, g = KEYS[11], parked = parked }, { z = scheduled, x = letters, g = KEYS[12], parked = shelf }

-- file puts an envelope where it can go on from, or be looked at.
local function file(envelope)
  if whole(envelope) then
    push('LPUSH', { envelope })
    rouse()
    return
  end
  bury(dead, letters, unique, envelope, at)
  call('HINCRBY', counters, 'died', 1)
end

-- count_parked keeps the number that every cycle looks at.
local function count_parked()
  local n = call('ZCARD', parked)
  if n > 0 then call('HSET', settings, 'parked', n) else call('HDEL', settings, 'parked') end
end

-- Where a copy of a task is: in a lane, by its number, or among data by its id.
local function there(place, id, value)
  local lane = tonumber(place)
  if lane then return call('LPOS', KEYS[lane], value) end
  return call('HGET', data[place], id) == value
end

local function remove(place, id, value)
  local lane = tonumber(place)
  if lane then
    call('LREM', KEYS[lane], -1, value)
    shrunk(lane)
  elseif place == 'g' then
    groups().pull(id, value)
  elseif place == 'parked' then
    parking(parked, shelf).pull(id, fourth, value)
  else
    call('ZREM', index[place], id)
    call('HDEL', data[place], id)
    if place == 'x' then call('HINCRBY', counters, 'letters', -#value) end
  end
end

-- restand takes a lane of a group from wherever it stands, and one of its tasks out
-- and in again: then it stands where it should.
local function restand(lane, id, value)
  local stop = string.find(lane, '\0', 1, true)
  local stands = call('HGET', state, 't' .. lane)
  call('HDEL', state, 't' .. lane)
  call('ZREM', KEYS[15], lane)
  if stands then call('ZREM', KEYS[13], string.sub(lane, 1, stop) .. stands .. string.sub(lane, stop + 1)) end
  groups().pull(id, value)
  push('LPUSH', { string.sub(value, 17) })
end

local function nowhere(lane)
  local stands, stop = call('HGET', state, 't' .. lane), string.find(lane, '\0', 1, true)
  if stands == 'aside' then return not call('ZSCORE', KEYS[15], lane) end
  local group = string.sub(lane, 2, stop - 1)
  local ready = call('ZSCORE', KEYS[14], string.sub(lane, 1, stop - 1)) or call('ZSCORE', KEYS[15], group)
  return not stands or not ready or not call('ZSCORE', KEYS[13], string.sub(lane, 1, stop) .. stands .. string.sub(lane, stop + 1))
end

-- Each entry: whether it is wrong, and what to do.
local defects = {
  -- first: z or x, or g or parked; second: the member; third: the id
  bare = {
    function() return call('ZSCORE', index[first], second) and call('HEXISTS', data[first], third) == 0 end,
    function()
      call('ZREM', index[first], second)
      if first == 'parked' then count_parked() end
    end,
  },
  -- first: z or x; second: the id
  unfiled = {
    function() return call('HEXISTS', data[first], second) == 1 and not call('ZSCORE', index[first], second) end,
    function()
      local due = at
      if first == 'z' then
        local envelope = call('HGET', scheduled, second)
        if whole(envelope) then due = 0 end
        for i = 0, due == 0 and 5 or -1 do due = due * 256 + string.byte(envelope, READY + i) end
      end
      call('ZADD', index[first], string.format('%.0f', due), second)
      rouse()
    end,
  },
  -- first: g or parked; second: the id; third: the value; fourth: the member that is missing
  loose = {
    function() return call('HGET', data[first], second) == third and not call('ZSCORE', index[first], fourth) end,
    function()
      call('HDEL', data[first], second)
      file(string.sub(third, 17))
      if first == 'parked' then count_parked() end
    end,
  },
  -- first: a lane, z, g or parked; second: the id; third: the value; fourth: the shape of a parked one
  unreadable = {
    function() return there(first, second, third) end,
    function()
      remove(first, second, third)
      bury(dead, letters, unique, (first == 'g' or first == 'parked') and string.sub(third, 17) or third, at)
      call('HINCRBY', counters, 'died', 1)
    end,
  },
  -- first: where it stays, second: where it goes, both with values behind; ARGV[7]: the id
  twice = {
    function()
      if first == second and third == ARGV[8] then return #call('LPOS', KEYS[tonumber(first)], third, 'COUNT', 2) > 1 end
      local kept = first == 'claim' and call('HEXISTS', claims, third) == 1 or first ~= 'claim' and there(first, ARGV[7], third)
      return kept and there(second, ARGV[7], ARGV[8])
    end,
    function() remove(second, ARGV[7], ARGV[8]) end,
  },
  -- first: the lane; second: the id of a task in it; third: its value
  nowhere = {
    function() return call('HGET', data.g, second) == third and nowhere(first) end,
    function() restand(first, second, third) end,
  },
  -- first: the worker
  stuck = {
    function() return call('HLEN', claims) > 0 and not call('ZSCORE', holders, first) end,
    function()
      if call('HEXISTS', sessions, first) == 0 then call('HSET', sessions, first, 'F') end
      call('ZADD', holders, at, first)
      call('ZREM', idle, first)
      rouse()
    end,
  },
  -- first: the worker; second: the cycle; third: a new name
  orphaned = {
    function() return call('EXISTS', list) == 1 and call('HEXISTS', claims, second) == 0 end,
    function()
      local n, flight = call('LLEN', list), call('HGET', state, 'c' .. first .. ' ' .. second)
      local bits = string.rep('\0', math.floor(n / 8))
      if n % 8 > 0 then bits = bits .. string.char(256 - bit.lshift(1, n % 8)) end
      call('RENAME', list, KEYS[29])
      call('HSET', KEYS[28], '1', bits)
      call('HSET', sessions, third, 'F')
      call('ZADD', holders, at, third)
      call('HDEL', state, 'c' .. first .. ' ' .. second)
      if flight then call('HSET', state, 'c' .. third .. ' 1', flight) end
      rouse()
    end,
  },
  -- first: the worker
  unlisted = {
    function() return call('HEXISTS', sessions, first) == 1 and not call('ZSCORE', holders, first) and not call('ZSCORE', idle, first) end,
    function() call('ZADD', idle, at, first) end,
  },
  unknown = {
    function() return call('ZSCORE', idle, first) and call('HEXISTS', sessions, first) == 0 end,
    function() call('ZREM', idle, first) end,
  },
  -- first: the lane; its opened name is KEYS[26]
  opened = {
    function() return call('EXISTS', KEYS[26]) == 1 end,
    function()
      call('LREM', KEYS[26], 1, '')
      for _ = 1, SWEEP_BATCH do
        if not call('LMOVE', KEYS[26], KEYS[tonumber(first)], 'LEFT', 'RIGHT') then break end
      end
      rouse()
    end,
  },
  -- first: the key; second: the id
  held = {
    function() return call('HGET', unique, first) == second end,
    function() call('HDEL', unique, first) end,
  },
  -- KEYS from 26 on: the claims of all holders; ARGV from 3 on: their names
  miscounted = {
    function()
      if call('ZCARD', holders) ~= #KEYS - 25 then return false end
      for a = 3, #ARGV do
        if not call('ZSCORE', holders, ARGV[a]) then return false end
      end
      local active, known = 0, call('HMGET', counters, 'enqueued', 'done', 'discarded', 'deleted', 'dropped')
      for k = 26, #KEYS do
        for _, bits in ipairs(call('HVALS', KEYS[k])) do
          for byte = 1, #bits do
            for n = 0, 7 do
              if bit.band(string.byte(bits, byte), bit.lshift(1, n)) == 0 then active = active + 1 end
            end
          end
        end
      end
      local should = active + groups().waiting() + call('ZCARD', schedule) + call('ZCARD', dead) + call('ZCARD', parked)
      for lane = 1, SUSPECTS do should = should + call('LLEN', KEYS[lane]) end
      for k = 2, #known do should = should + tonumber(known[k] or 0) end
      second = should - tonumber(known[1] or 0)
      return second ~= 0
    end,
    function() call('HINCRBY', counters, 'enqueued', second) end,
  },
  -- how many bytes of dead letters there are, where they can be counted in one step
  weighed = {
    function()
      if call('HLEN', letters) > WEIGHED then return false end
      second = 0
      for _, id in ipairs(call('HKEYS', letters)) do second = second + call('HSTRLEN', letters, id) end
      return second ~= tonumber(call('HGET', counters, 'letters') or 0)
    end,
    function() call('HSET', counters, 'letters', second) end,
  },
  -- how many tasks are parked
  shelved = {
    function() return call('ZCARD', parked) ~= tonumber(call('HGET', settings, 'parked') or 0) end,
    function()
      count_parked()
      rouse()
    end,
  },
}

local defect = defects[what]
if not defect[1]() then return 0 end
if mending then defect[2]() end
return 1
