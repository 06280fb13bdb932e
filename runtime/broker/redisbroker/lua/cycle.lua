-- One step of a session: unpark, settle, renew, promote, claim, forget. The order is
-- the contract's.
local dead, scheduled, unique, windows, letters, sessions, idle, marks, progress, parked, shelf, claims, claim =
  KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24], KEYS[25], KEYS[26], KEYS[27], KEYS[28], KEYS[29], KEYS[30]
local worker, number, lease, want, suspects, channel, touched =
  ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6], tonumber(ARGV[7])
-- ARGV[8]: the last cycle whose answer was heard. ARGV[9]: how many due tasks to
-- promote at most. ARGV[10]: how many shapes to unpark, then these. Then for each claim that settles
-- touch (KEYS from LISTS on): its number, the byte at which the mask begins, the
-- mask of what is settled, how many that are (negative: its tasks are of a group);
-- then operations, each with its claim (1, 2 …) and index. Results go to the KEYS
-- behind.
local LISTS, SHAPES, MARKS = 31, 10, 11 + ARGV[10]

local last = redis.call('HGET', sessions, worker)
if last == 'F' or not last and number ~= '1' then return redis.error_reply('FENCED lease lost') end
-- A store that has forgotten what it had answered, as a replica has that took over
-- with less than its master, has claims that the session does not know to be its
-- own any more: it ends, and they are reclaimed.
if last and tonumber(last) < tonumber(ARGV[8]) then return redis.error_reply('FENCED the store was set back') end
if last and tonumber(number) < tonumber(last) then return redis.error_reply('STALE cycle') end

-- This changes nothing; it is a write that a full store accepts, and after it
-- the store accepts the others.
redis.call('HDEL', sessions, '')

-- renew puts the session where it belongs, with a new lease; idly: it is known to
-- hold nothing.
local function renew(idly)
  local into, outof = idle, holders
  if not idly and redis.call('HLEN', claims) > 0 then into, outof = holders, idle end
  redis.call('ZADD', into, at + lease, worker)
  if not idly then redis.call('ZREM', outof, worker) end
end

-- shapes are those to unpark.
local function shapes()
  local all = {}
  for i = SHAPES + 1, MARKS - 1 do all[#all + 1] = ARGV[i] end
  return all
end

-- answer is what the session is told; with it the marks of the queue's edits,
-- few if any: its client knows which of them are its own.
local function answer(all)
  local told = standing(worker, suspects, all)
  told[5] = redis.call('HLEN', marks) > 0 and redis.call('HGETALL', marks) or {}
  if all.parked > 0 then
    told[6] = parking(parked, shelf).shapes()
  end
  return told
end

if last == number then
  renew()
  local told = answer(lengths())
  told[4] = '' -- a repeat reclaims nothing
  return told
end

-- stay notes that the session has got so far, and forgets others that have lapsed
-- without a claim.
local function stay(idly)
  redis.call('HSET', sessions, worker, number)
  renew(idly)
  local forgotten = redis.call('ZRANGEBYSCORE', idle, '-inf', at, 'LIMIT', 0, FORGET_BATCH)
  if #forgotten > 0 then
    redis.call('ZREM', idle, unpack(forgotten))
    redis.call('HDEL', sessions, unpack(forgotten))
  end
end

-- A worker that has nothing to say most often finds that there is nothing: one
-- EXISTS tells that and spares the looks that follow: an idle cycle takes nine
-- commands instead of 24.
local settles = ARGV[MARKS] or MARKS > SHAPES + 1
local trims = tonumber(number) % TRIM_INTERVAL == 0
if not settles and not trims and redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], schedule, KEYS[12], KEYS[15], windows, marks, parked, claims) == 0 then
  stay(true)
  local told = standing(worker, suspects, { 0, 0, 0, 0, 0, room = math.huge, parked = 0, bare = true })
  told[5] = {}
  return told
end

-- merge adds a mask to the bits of a claim; the second value is how many of
-- its bits were set before.
local function merge(bits, from, mask)
  local merged, again = {}, 0
  for k = 1, #mask do
    local old, new = string.byte(bits, from + k) or 0, string.byte(mask, k)
    local both = bit.band(old, new)
    while both > 0 do
      again = again + both % 2
      both = math.floor(both / 2)
    end
    merged[k] = string.char(bit.bor(old, new))
  end
  return string.sub(bits, 1, from) .. table.concat(merged) .. string.sub(bits, from + #mask + 1), again
end

local function bury_all(envelopes)
  for _, envelope in ipairs(envelopes) do bury(dead, letters, unique, envelope, at) end
  if #envelopes > 0 then redis.call('HINCRBY', counters, 'died', #envelopes) end
end

if MARKS > SHAPES + 1 then bury_all(parking(parked, shelf).unpark(shapes())) end

local held, now_held, ended, arg = {}, {}, 0, MARKS
for c = 1, touched do
  local seq, from, mask, count = ARGV[arg], tonumber(ARGV[arg + 1]), ARGV[arg + 2], tonumber(ARGV[arg + 3])
  arg = arg + 4
  local bits = redis.call('HGET', claims, seq)
  held[c] = bits
  if bits then
    local merged, again = merge(bits, from, mask)
    now_held[c] = merged
    local n, last = math.abs(count) - again, merged == string.rep('\255', #merged)
    ended = ended + n
    if count < 0 then
      groups().land('c' .. worker .. ' ' .. seq, n, last, function(i) return settled(merged, i) and not settled(bits, i) end)
    end
    if last then
      redis.call('HDEL', claims, seq)
      redis.call('DEL', KEYS[LISTS + c - 1])
    else
      redis.call('HSET', claims, seq, merged)
    end
  end
end

-- fresh reports whether the session still held a task before this cycle.
local function fresh(c, index)
  return held[c] and not settled(held[c], index)
end

local count = { retried = 0, released = 0, died = 0, discarded = 0 }
local heads, events, sooner = {}, {}, false

local function postpone(after, envelope)
  local due = at + tonumber(after)
  sooner = sooner or due < (tonumber(redis.call('ZRANGE', schedule, 0, 0, 'WITHSCORES')[2]) or math.huge)
  put_off(scheduled, envelope, due)
end

-- Each operation takes the place of its own arguments and returns how many
-- they are.
local operations = {
  free = function(i, valid)
    if valid then free(unique, ARGV[i], ARGV[i + 1]) end
    return 2
  end,
  outcome = function(i, valid)
    local bucket, state, retention, id, data = KEYS[tonumber(ARGV[i])], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4]
    if valid then
      keep(bucket, id, state, retention, data, at)
      table.insert(events, id .. state)
    end
    return 5
  end,
  discard = function(_, valid)
    if valid then count.discarded = count.discarded + 1 end
    return 0
  end,
  retry = function(i, valid)
    if valid then
      count.retried = count.retried + 1
      postpone(ARGV[i], ARGV[i + 1])
    end
    return 2
  end,
  release = function(i, valid)
    if valid then
      count.released = count.released + 1
      postpone(ARGV[i], ARGV[i + 1])
    end
    return 2
  end,
  park = function(i, valid)
    if valid and parking(parked, shelf).park(ARGV[i + 1], ARGV[i + 2]) then
      ended = ended - 1
    elseif valid then
      count.released = count.released + 1
      postpone(ARGV[i], ARGV[i + 2])
    end
    return 3
  end,
  head = function(i, valid)
    if valid then
      count.released = count.released + 1
      table.insert(heads, ARGV[i])
    end
    return 1
  end,
  -- What does not depend on a settle: the run that told it may go on.
  progress = function(i)
    local c, index = tonumber(ARGV[i - 2]), tonumber(ARGV[i - 1])
    if now_held[c] and not settled(now_held[c], index) then redis.call('HSET', progress, ARGV[i], ARGV[i + 1]) end
    return 2
  end,
  calm = function(i)
    redis.call('HDEL', progress, ARGV[i])
    return 1
  end,
  unmark = function(i)
    redis.call('HDEL', marks, ARGV[i])
    return 1
  end,
  dead = function(i, valid)
    if valid then
      count.died = count.died + 1
      bury(dead, letters, unique, ARGV[i], at)
      redis.call('HDEL', marks, id_of(ARGV[i])) -- at once: it may be requeued, and cancelled again
      if has(ARGV[i], NOTIFY) then table.insert(events, id_of(ARGV[i]) .. DEAD) end
    end
    return 1
  end,
}
while ARGV[arg] do
  local valid = fresh(tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])) -- claim 0: of none
  arg = arg + 3 + operations[ARGV[arg]](arg + 3, valid)
end
push('LPUSH', heads)

count.done = ended
for _, name in ipairs({ 'retried', 'released', 'died', 'discarded' }) do
  count.done = count.done - count[name]
end
for name, n in pairs(count) do
  if n > 0 then redis.call('HINCRBY', counters, name, n) end
end

-- promote what is due, the earliest first; no more of it passes through here
-- than what a claim carries.
local ids, due = read(scheduled, redis.call('ZRANGEBYSCORE', schedule, '-inf', at, 'LIMIT', 0, ARGV[9]))
if #ids > 0 then
  local good, bad = readable(due)
  bury_all(bad)
  push('RPUSH', good)
  redis.call('HDEL', scheduled, unpack(ids))
  redis.call('ZREMRANGEBYRANK', schedule, 0, #ids - 1)
end

local all = lengths()
if all.grouped then groups().returning() end

-- claim from one lane without a group, or from lanes of groups of one priority, as
-- long as it is their turn.
local reverse, n, of, lane, group, rival = tonumber(number) % FAIRNESS_INTERVAL == 0, 0, nil, nil, nil, nil
for _ = 1, want > 0 and ASIDE_BATCH or 0 do
  lane, group, rival = serve(all, reverse, suspects)
  if not group or of and lane ~= of then break end
  local taken = groups().claim(lane, group, math.min(want - n, all.room))
  if taken > 0 then n, of, all.room = n + taken, lane, all.room - taken end
  if n == want or groups().full() then break end
end
if group or of then
  groups().depart(claim, 'c' .. worker .. ' ' .. number)
elseif lane then
  -- The elements do not pass through here: SORT without an order copies the
  -- first ones.
  n = lane == SUSPECTS and 1 or math.min(want, all[lane], all.room)
  local reach, size = large(lane)
  if reach > 0 then
    n = math.min(n, math.max(1, math.floor(CLAIM_BYTES / size)))
    set_large(lane, n == all[lane] and 0 or reach - n, size)
  end
  if n == all[lane] then
    redis.call('RENAME', KEYS[lane], claim)
  else
    redis.call('SORT', KEYS[lane], 'BY', 'nosort', 'LIMIT', 0, n, 'STORE', claim)
    redis.call('LTRIM', KEYS[lane], n, -1)
  end
  all[lane] = all[lane] - n
  if rival then groups().rival(lane) end
end
if n > 0 then
  if all.rate and (of or lane ~= SUSPECTS) then groups().spend(all.rate, n) end
  -- The bits beyond the last task count as settled.
  local bits = string.rep('\0', math.floor(n / 8))
  if n % 8 > 0 then bits = bits .. string.char(256 - bit.lshift(1, n % 8)) end
  redis.call('HSET', claims, number, bits)
  if all.room < math.huge then all = lengths() end
end

stay()
sweep(unique, windows, at)
if buried > 0 or trims then trim(dead, letters) end
if #events > 0 then redis.call('PUBLISH', channel, table.concat(events)) end
if sooner then rouse() end
return answer(all)
