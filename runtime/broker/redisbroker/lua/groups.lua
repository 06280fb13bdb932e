-- What the scripts of a queue share about limits and the lanes of groups. Those
-- scripts declare KEYS[11] to KEYS[18]; a script that adds or counts nothing of a
-- group need not. The functions are made when one is needed first: a queue
-- without groups and limits pays nothing for them.
--
-- A lane is called by its place in the order of service, its group, a zero byte
-- and its key. One that is not empty is either ready or aside; so is a group.
local made

groups = function()
  if made then return made end
  made = {}
  local tasks, data, ring, ready, aside, cooling, state, dead =
    KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18]
  -- The numbers of tasks in a lane: of what is given back, of what was parked, and
  -- of all else; between the turns of the priorities.
  local HEAD, PARKED, TAIL, RANK = 2 ^ 50, 2 ^ 51, 2 ^ 52, 2 ^ 45
  local SEQ = 16 -- digits of a number

  -- field reads a string behind a byte of its length; the second value is where the
  -- next one begins.
  local function field(envelope, start)
    local length = string.byte(envelope, start)
    if not length or #envelope < start + length then return nil, start end
    return string.sub(envelope, start + 1, start + length), start + length + 1
  end

  -- lane_name is what the lane of a grouped task is called; nil: it cannot be read.
  local function lane_name(envelope)
    local group, key
    local _, start = field(envelope, KIND)
    if has(envelope, BOUND) then _, start = field(envelope, start) end
    group, start = field(envelope, start)
    key = field(envelope, start)
    if not key or group == '' or string.find(group .. key, '\0', 1, true) then return nil end
    return string.byte(envelope, LANE) .. group .. '\0' .. key
  end

  made.lane_name = lane_name

  local function digits(n) return string.format('%016.0f', n) end

  local function split(lane)
    local stop = string.find(lane, '\0', 1, true)
    return string.sub(lane, 1, 1), string.sub(lane, 2, stop - 1), string.sub(lane, stop + 1)
  end

  local function range(key, prefix, n)
    return redis.call('ZRANGEBYLEX', key, '[' .. prefix .. '\0', '(' .. prefix .. '\1', 'LIMIT', 0, n)
  end

  -- The counter of turns rises with each claim that groups compete for.
  local turn

  local function turns()
    turn = turn or tonumber(redis.call('HGET', state, 'turn') or 0)
    return turn
  end

  local function next_turn()
    turn = redis.call('HINCRBY', state, 'turn', 1)
    return turn
  end

  -- rate reads "N period burst".
  local function rate(spec)
    local n, period, burst = string.match(spec or '', '^(%d+) (%d+) (%d+)$')
    if not n then return nil end
    return { spec = spec, n = tonumber(n), period = tonumber(period), burst = math.max(tonumber(burst), 1) }
  end

  local known = {}

  local function limit_of(group)
    if not known[group] then
      local text = redis.call('HGET', settings, 'limit:' .. group) or ''
      local all, of_all, each, of_each = string.match(text, '^(%d+)/(.-)/(%d+)/(.*)$')
      known[group] = { slots = tonumber(all or 0), rate = rate(of_all), key_slots = tonumber(each or 0), key_rate = rate(of_each) }
    end
    return known[group]
  end

  -- owes is what tasks have taken from a rate's tokens and time has not given
  -- back yet. A token is as many units as the period has milliseconds, and a
  -- millisecond gives back N: all is exact.
  local function owes(name, r)
    local debt, since, spec = string.match(redis.call('HGET', state, 'b' .. name) or '', '^(%d+) (%d+) (.*)$')
    if spec ~= r.spec then return 0 end
    local passed = at - tonumber(since)
    debt = tonumber(debt)
    if passed > math.floor(debt / r.n) then return 0 end
    return debt - math.max(passed, 0) * r.n
  end

  local function spend(name, r, n)
    if not r then return end
    local debt = owes(name, r) + n * r.period
    redis.call('HSET', state, 'b' .. name, string.format('%.0f %.0f %s', debt, at, r.spec))
    redis.call('ZADD', cooling, at + math.ceil(debt / r.n), name)
  end

  -- room is how many more tasks may begin; where that is none, the second value
  -- is when time brings the next token; nil: time does not help.
  local function room(slots, flying, r, name)
    local n = math.huge
    if slots > 0 then n = math.max(slots - flying, 0) end
    if n == 0 or not r then return n end
    local spare = r.burst * r.period - owes(name, r)
    if spare < r.period then return 0, at + math.ceil((r.period - spare) / r.n) end
    return math.min(n, math.floor(spare / r.period))
  end

  local function flying(name, slots)
    return slots > 0 and tonumber(redis.call('HGET', state, 'f' .. name) or 0) or 0
  end

  -- n is how many fly, where that is known.
  local function key_room(name, group, n)
    local limit = limit_of(group)
    return room(limit.key_slots, n or flying(name, limit.key_slots), limit.key_rate, name)
  end

  local function group_room(group, n)
    local limit = limit_of(group)
    return room(limit.slots, n or flying(group, limit.slots), limit.rate, group)
  end

  local function set_aside(group, back)
    redis.call('ZADD', aside, back or 'inf', group)
    redis.call('ZREM', ready, '1' .. group, '2' .. group, '3' .. group, '4' .. group)
  end

  -- stand_group puts a group that is open where it belongs: aside if it is at a
  -- limit, else among those that are ready, where lanes of it are.
  local function stand_group(group, only)
    local n, back = group_room(group)
    if n < 1 then
      set_aside(group, back)
      return
    end
    for place = only or 1, only or 4 do
      if #range(ring, place .. group, 1) > 0 then
        redis.call('ZADD', ready, 'NX', place * RANK + turns(), place .. group)
      end
    end
  end

  -- place_lane does the same for a lane that stands nowhere and is not empty; it
  -- reports whether the lane is ready. n is how many tasks of its key fly, where
  -- that is known.
  local function place_lane(lane, n)
    local place, group, key = split(lane)
    local room, back = key_room(string.sub(lane, 2), group, n)
    if room < 1 then
      redis.call('ZADD', aside, back or 'inf', lane)
      redis.call('HSET', state, 't' .. lane, 'aside')
      return false
    end
    local stands = digits(turns())
    redis.call('HSET', state, 't' .. lane, stands)
    redis.call('ZADD', ring, 0, place .. group .. '\0' .. stands .. key)
    return true
  end

  -- stand does so, and lets the group stand.
  local function stand(lane)
    if not place_lane(lane) then return end
    local place, group = split(lane)
    if not redis.call('ZSCORE', aside, group) then stand_group(group, tonumber(place)) end
  end

  -- unstand takes a lane from where it stands.
  local function unstand(lane)
    local stands = redis.call('HGET', state, 't' .. lane)
    if not stands then return end
    local place, group, key = split(lane)
    redis.call('HDEL', state, 't' .. lane)
    if stands == 'aside' then
      redis.call('ZREM', aside, lane)
      return
    end
    redis.call('ZREM', ring, place .. group .. '\0' .. stands .. key)
    if #range(ring, place .. group, 1) == 0 then redis.call('ZREM', ready, place .. group) end
  end

  -- again looks whether what was set aside still has to be.
  local function again(name)
    if string.find(name, '\0', 1, true) then
      unstand(name)
      stand(name)
      return
    end
    redis.call('ZREM', aside, name)
    stand_group(name)
  end

  local function count(name, n)
    local flies = redis.call('HINCRBY', state, 'f' .. name, n)
    if flies == 0 then redis.call('HDEL', state, 'f' .. name) end
    return flies
  end

  -- emptied takes away a lane that may have lost its last task.
  local function emptied(lane)
    if #range(tasks, lane, 1) == 0 then unstand(lane) end
  end

  -- push adds envelopes to their lanes: RPUSH to the tails, LPUSH to the heads,
  -- PARKED behind these, by their numbers.
  function made.push(command, envelopes, numbers)
    local members, values, lanes, fresh = {}, {}, {}, {}
    local tail = command == 'RPUSH'
    local last = not numbers and redis.call('HINCRBY', state, tail and 'tail' or 'head', #envelopes) - #envelopes
    for i, envelope in ipairs(envelopes) do
      local lane, id = lane_name(envelope), id_of(envelope)
      local seq = digits(numbers and PARKED + numbers[i] or tail and TAIL + last + i or HEAD - last - i)
      members[2 * i - 1], members[2 * i] = 0, lane .. '\0' .. seq .. id
      values[2 * i - 1], values[2 * i] = id, seq .. envelope
      if not lanes[lane] then
        lanes[lane] = true
        if redis.call('HEXISTS', state, 't' .. lane) == 0 then fresh[#fresh + 1] = lane end
      end
    end
    redis.call('ZADD', tasks, unpack(members))
    redis.call('HSET', data, unpack(values))
    if #fresh > 0 then redis.call('HSET', settings, 'grouped', '1') end
    for _, lane in ipairs(fresh) do stand(lane) end
  end

  -- first is the group whose turn it is in a priority, and since when; plain is
  -- when the lane without a group had its turn.
  function made.first(place)
    local found = redis.call('ZRANGEBYSCORE', ready, place * RANK, '(' .. string.format('%.0f', (place + 1) * RANK), 'WITHSCORES', 'LIMIT', 0, 1)
    if found[1] then return string.sub(found[1], 2), tonumber(found[2]) - place * RANK end
  end

  -- head is the group whose turn it is in the highest of all priorities that have
  -- one, since when, and that priority.
  function made.head()
    local found = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
    if not found[1] then return nil, nil, SUSPECTS end
    local score = tonumber(found[2])
    local place = math.floor(score / RANK)
    return string.sub(found[1], 2), score - place * RANK, place
  end

  function made.plain(place) return tonumber(redis.call('HGET', state, 'p' .. place) or 0) end

  function made.any() return redis.call('EXISTS', ready) == 1 end

  -- back is when time brings back the first of what is aside.
  function made.back()
    local score = redis.call('ZRANGE', aside, 0, 0, 'WITHSCORES')[2]
    if score and score ~= 'inf' then return tonumber(score) end
  end

  -- returning looks again at what time brings back, and forgets debts that are
  -- paid.
  function made.returning()
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', aside, '-inf', at, 'LIMIT', 0, ASIDE_BATCH)) do again(name) end
    local paid = redis.call('ZRANGEBYSCORE', cooling, '-inf', at, 'LIMIT', 0, SWEEP_BATCH)
    if #paid == 0 then return end
    redis.call('ZREM', cooling, unpack(paid))
    for i, name in ipairs(paid) do paid[i] = 'b' .. name end
    redis.call('HDEL', state, unpack(paid))
  end

  -- review looks again at a part of what is aside, whatever the time, and returns
  -- how much that was and how much of it stays.
  function made.review(from, n)
    local names, stay = redis.call('ZRANGE', aside, from, from + n - 1), 0
    for _, name in ipairs(names) do
      again(name)
      if redis.call('ZSCORE', aside, name) then stay = stay + 1 end
    end
    return { #names, stay }
  end

  -- What a claim takes lane by lane, and writes at its end: no lane comes twice, as
  -- one that is not empty then is at a limit, or the claim is at its own.
  local gone = { members = {}, ids = {}, envelopes = {}, lanes = {}, counts = {}, bytes = 0 }

  -- take takes up to n tasks from the head of a lane; it returns how many, and
  -- whether there are others.
  local function take(lane, n)
    local members, ids, taken = range(tasks, lane, n + 1), {}, 0
    for i = 1, math.min(n, #members) do ids[i] = string.sub(members[i], -ID_END) end
    local found, values = read(data, ids)
    for i, id in ipairs(found) do
      gone.members[#gone.members + 1], gone.ids[#gone.ids + 1] = members[i], id
      if values[i] then
        taken, gone.bytes = taken + 1, gone.bytes + #values[i]
        gone.envelopes[#gone.envelopes + 1] = string.sub(values[i], SEQ + 1)
      end
    end
    if taken > 0 then gone.lanes[#gone.lanes + 1], gone.counts[#gone.counts + 1] = lane, taken end
    return taken, #members > #found
  end

  -- claim takes up to n tasks from the lane whose turn it is in a group, and sends
  -- both behind those that wait for their turns; it returns how many. Where limits
  -- were lowered, or what is at a limit was ready for another reason, nothing is
  -- taken and that is set aside.
  function made.claim(place, group, n)
    local waits = range(ring, place .. group, 2)
    if not waits[1] then
      redis.call('ZREM', ready, place .. group)
      return 0
    end
    local name = group .. '\0' .. string.sub(waits[1], #group + 3 + SEQ)
    local lane = place .. name
    local of_group, back = group_room(group)
    if of_group < 1 then
      set_aside(group, back)
      return 0
    end
    local of_key = key_room(name, group)
    if of_key < 1 then
      again(lane)
      return 0
    end
    local taken, others = take(lane, math.min(n, of_group, of_key))
    local limit, flies, of_all = limit_of(group), nil, nil
    if taken > 0 then
      of_all, flies = count(group, taken), count(name, taken)
      spend(group, limit.rate, taken)
      spend(name, limit.key_rate, taken)
    end
    turn = turns() + 1
    redis.call('ZREM', ring, waits[1])
    if not others then redis.call('HDEL', state, 't' .. lane) end
    local more = others and place_lane(lane, flies) or waits[2]
    of_group, back = group_room(group, of_all)
    if of_group < 1 then
      set_aside(group, back)
    elseif more then
      redis.call('ZADD', ready, place * RANK + turn, place .. group)
    else
      redis.call('ZREM', ready, place .. group)
    end
    return taken
  end

  -- full reports whether a claim carries enough, or has met too many that are gone.
  function made.full() return 2 * gone.bytes >= CLAIM_BYTES or #gone.ids >= 2000 end

  -- depart writes what a claim has taken. Its flight is a lane or, of several, for
  -- each how many tasks, the length of its name, and its name.
  function made.depart(claim, flight)
    redis.call('HSET', state, 'turn', string.format('%.0f', turns()))
    if #gone.ids == 0 then return end
    redis.call('ZREM', tasks, unpack(gone.members))
    redis.call('HDEL', data, unpack(gone.ids))
    if #gone.envelopes == 0 then return end
    redis.call('RPUSH', claim, unpack(gone.envelopes))
    local names = gone.lanes
    if #names > 1 then
      names = {}
      for i, lane in ipairs(gone.lanes) do names[i] = string.format('%d %d ', gone.counts[i], #lane) .. lane end
    end
    redis.call('HSET', state, flight, table.concat(names))
  end

  -- rival notes that a lane without a group was served while groups waited.
  function made.rival(place) redis.call('HSET', state, 'p' .. place, next_turn()) end

  -- join puts a group that is open among those that are ready, as a lane of it is.
  local function join(place, group, flies)
    local n, back = group_room(group, flies)
    if n < 1 then
      set_aside(group, back)
    else
      redis.call('ZADD', ready, 'NX', place * RANK + turns(), place .. group)
    end
  end

  -- over counts the runs of a flight that end, by lane; ends tells of which of its
  -- tasks, from 0, they do, n how many these are.
  local function over(flight, n, ends)
    if not string.match(flight, '^%d+ %d+ ') then return { [flight] = n } end
    local counts, task, at = {}, 0, 1
    while at <= #flight do
      local tasks, length, start = string.match(flight, '^(%d+) (%d+) ()', at)
      local lane, ended = string.sub(flight, start, start + length - 1), 0
      for i = task, task + tasks - 1 do
        if ends(i) then ended = ended + 1 end
      end
      counts[lane] = (counts[lane] or 0) + ended
      task, at = task + tasks, start + length
    end
    return counts
  end

  -- land gives back the slots of tasks of a claim whose runs are over: see over.
  -- last: they are the last ones.
  function made.land(name, n, last, ends)
    local flight = redis.call('HGET', state, name)
    if not flight then return end
    if last then redis.call('HDEL', state, name) end
    local groups_of, open = {}, {}
    for lane, ended in pairs(over(flight, n, ends)) do
      if ended > 0 then
        local _, group = split(lane)
        local key = string.sub(lane, 2)
        groups_of[group] = (groups_of[group] or 0) + ended
        local flies = count(key, -ended)
        for place, stands in ipairs(redis.call('HMGET', state, 't1' .. key, 't2' .. key, 't3' .. key, 't4' .. key)) do
          if stands == 'aside' then
            redis.call('ZREM', aside, place .. key)
            if place_lane(place .. key, flies) then open[place .. group] = true end
          end
        end
      end
    end
    for group, ended in pairs(groups_of) do
      local flies = count(group, -ended)
      if redis.call('ZSCORE', aside, group) then
        again(group)
      else
        for place = 1, 4 do
          if open[place .. group] then join(place, group, flies) end
        end
      end
    end
  end

  -- pull takes a task out of its lane; value is what the data have of it.
  function made.pull(id, value)
    if redis.call('HGET', data, id) ~= value then return false end
    redis.call('HDEL', data, id)
    local lane = lane_name(string.sub(value, SEQ + 1))
    redis.call('ZREM', tasks, lane .. '\0' .. string.sub(value, 1, SEQ) .. id)
    emptied(lane)
    return true
  end

  -- drop takes out the first n tasks of all; it returns their envelopes.
  function made.drop(n)
    local members, ids, lanes = redis.call('ZRANGE', tasks, 0, n - 1), {}, {}
    for i, member in ipairs(members) do ids[i] = string.sub(member, -ID_END) end
    local found, values = read(data, ids)
    if #found == 0 then return {} end
    redis.call('ZREM', tasks, unpack(members, 1, #found))
    redis.call('HDEL', data, unpack(found))
    for i in ipairs(found) do
      lanes[string.sub(members[i], 1, -ID_END - SEQ - 2)] = true
      values[i] = values[i] and string.sub(values[i], SEQ + 1)
    end
    for lane in pairs(lanes) do emptied(lane) end
    return values
  end

  function made.waiting() return redis.call('HLEN', data) end

  -- room is that of the whole queue, whose lanes have these lengths.
  function made.room(spec, slots, all)
    local active = 0
    if slots then
      local ended = redis.call('HMGET', counters, 'enqueued', 'done', 'discarded', 'deleted', 'dropped')
      for i, n in ipairs(ended) do active = active + (i == 1 and 1 or -1) * tonumber(n or 0) end
      for lane = 1, SUSPECTS do active = active - all[lane] end
      active = active - made.waiting() - all.parked - redis.call('ZCARD', schedule) - redis.call('ZCARD', dead)
    end
    return room(tonumber(slots or 0), math.max(active, 0), rate(spec), '')
  end

  function made.spend(spec, n) spend('', rate(spec), n) end

  return made
end
