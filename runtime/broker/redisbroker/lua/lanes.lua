-- What the scripts of a queue share about its lanes, those of groups included, and
-- about claims from them.

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
  if lanes[GROUPS] then
    groups().push(command, lanes[GROUPS])
    lanes[GROUPS] = nil
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

-- grave is the id of a dead letter. One that cannot be read is filed under what it
-- begins with or, where another lies there already, under its digest.
local function grave(letters, envelope)
  local id = id_of(envelope .. string.rep('\0', ID_END))
  local other = not whole(envelope) and redis.call('HGET', letters, id)
  if other and other ~= envelope then return string.sub(redis.sha1hex(envelope), 1, ID_END) end
  return id
end

-- bury makes a task a dead letter. The bytes of all are counted.
local buried = 0

local function bury(dead, letters, unique, envelope, at)
  local id = grave(letters, envelope)
  buried = buried + 1
  redis.call('ZADD', dead, at, id)
  redis.call('HINCRBY', counters, 'letters', #envelope - redis.call('HSTRLEN', letters, id))
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

-- lengths are those of the lanes, and how the limits of the queue stand: room is
-- how many tasks may begin, token when time brings the next one. grouped: there
-- may be lanes of groups; parked: how many tasks are; bare: it is known that nothing
-- is scheduled. A paused queue has nothing to serve.
local function lengths()
  local known = redis.call('HMGET', settings, 'paused', 'grouped', 'rate', 'concurrency', 'parked')
  local all, paused = { room = math.huge, grouped = known[2], rate = known[3], parked = tonumber(known[5] or 0) }, known[1] == '1'
  for lane = 1, SUSPECTS do
    all[lane] = paused and 0 or redis.call('LLEN', KEYS[lane])
  end
  all.ready = known[2] and not paused
  if not paused and (known[3] or known[4]) then all.room, all.token = groups().room(known[3], known[4], all) end
  return all
end

-- claimable reports whether there is a lane to claim from; whatever: or only
-- limits of the queue hold it up.
local function claimable(all, suspects, whatever)
  if suspects and all[SUSPECTS] > 0 then return true end
  if all.room < 1 and not whatever then return false end
  for lane = 1, SUSPECTS - 1 do
    if all[lane] > 0 then return true end
  end
  return all.ready and groups().any()
end

-- serve picks what a claim takes from: a lane, and the group if it is one's turn;
-- nil where there is nothing. The third value tells that a group has to wait.
local function serve(all, reverse, suspects)
  local head, head_since, place
  if all.ready and not reverse and all.room >= 1 then head, head_since, place = groups().head() end
  for n = 1, SUSPECTS do
    local lane, group, since = n, nil, nil
    if reverse then lane = SUSPECTS + 1 - n end
    if lane == SUSPECTS then
      if suspects and all[lane] > 0 then return lane end
    elseif all.room >= 1 then
      if reverse and all.ready then
        group, since = groups().first(lane)
      elseif lane == place then
        group, since = head, head_since
      end
      if all[lane] > 0 and not (group and since < groups().plain(lane)) then return lane, nil, group end
      if group then return lane, group end
    end
  end
end

-- time_brings is when time alone brings work to a session: a task is due,
-- another session that holds claims lapses, or a limit lets tasks begin; nil:
-- never. The second value names that session if it has lapsed.
local function time_brings(session, all)
  local held = redis.call('ZRANGE', holders, 0, 1, 'WITHSCORES')
  local other = held[1] == session and 3 or 1
  local lapse = tonumber(held[other + 1])
  local lapsed = lapse and lapse <= at and held[other] or ''
  local first = not all.bare and tonumber(redis.call('ZRANGE', schedule, 0, 0, 'WITHSCORES')[2]) or math.huge
  first = math.min(first, lapse or math.huge)
  if all.grouped then first = math.min(first, groups().back() or math.huge) end
  if all.token and claimable(all, false, true) then first = math.min(first, all.token) end
  return first < math.huge and first or nil, lapsed
end

-- rouse lets one waiter look, unless one has been told already.
local function rouse()
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '') end
end

-- standing is what a session is told of the queue after its cycle: the time,
-- whether a further cycle would find work, until when there is none (-1: not
-- known), whom to reclaim from. Whoever waits is roused if there is work for
-- anybody.
local function standing(session, suspects, all)
  local next, lapsed = time_brings(session, all)
  local come = next and next <= at
  if come or claimable(all, true) then rouse() end
  local more = come or claimable(all, suspects)
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
