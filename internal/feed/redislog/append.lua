-- append adds entries of one feed to its log and publishes them to every node.
--
-- The log of a feed is a head {epoch, number} and a stream of its newest
-- entries. An entry's id in the stream is "<number>-0" and its field "e"
-- begins with the event's id. The head outlives the stream.
--
-- Returns {epoch, number, fork, repaired}: the head after the call, 1 when an
-- entry contradicts a stored one (then nothing changes), and 1 when foreign
-- data was removed.

local head_key, stream_key, channel = KEYS[1], KEYS[2], KEYS[3]
local epoch = ARGV[1]
local first = tonumber(ARGV[2])
local keep = tonumber(ARGV[3])       -- entries
local stream_ttl = ARGV[4]           -- milliseconds
local head_ttl = ARGV[5]             -- milliseconds
local audience = ARGV[6]             -- for the message
local entries_at = 7                 -- where the entries begin in ARGV
local count = #ARGV - entries_at + 1
local last = first + count - 1

local repaired = 0

local function stream_id(number) return string.format('%.0f-0', number) end
local function event_of(entry) return string.match(entry, '^%S+') end

-- remove_foreign deletes a key of another type.
local function remove_foreign(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    redis.call('DEL', key)
    repaired = 1
  end
end

-- later compares two epochs: 12 hexadecimal digits of time, 8 random. Comparing them as
-- text would follow the collation of the server's locale.
local function later(a, b)
  local a_time, b_time = tonumber(string.sub(a, 1, 12), 16), tonumber(string.sub(b, 1, 12), 16)
  if a_time ~= b_time then return a_time > b_time end
  return tonumber(string.sub(a, 13), 16) > tonumber(string.sub(b, 13), 16)
end

-- read_head returns the stored epoch and number, nil for none.
local function read_head()
  local stored = redis.call('HMGET', head_key, 'epoch', 'number')
  local log_epoch, number = stored[1], stored[2]
  if not log_epoch and not number then return nil, 0 end
  if log_epoch and #log_epoch == 20 and not string.find(log_epoch, '[^0-9a-f]')
    and number and #number <= 15 and string.find(number, '^%d+$') then
    return log_epoch, tonumber(number)
  end
  repaired = 1
  return nil, 0
end

-- forked reports whether an entry up to the head is another event than the one
-- stored under its number.
local function forked(head)
  local until_number = math.min(last, head)
  if first > until_number then return false end
  for _, item in ipairs(redis.call('XRANGE', stream_key, stream_id(first), stream_id(until_number))) do
    local number = tonumber(string.match(item[1], '^(%d+)-0$'))
    local fields = item[2]
    if number and fields[1] == 'e' and #fields == 2 then
      if event_of(fields[2]) ~= event_of(ARGV[entries_at + number - first]) then return true end
    end
  end
  return false
end

remove_foreign(head_key, 'hash')
remove_foreign(stream_key, 'stream')
local log_epoch, head = read_head()

local replaced = false
if not log_epoch or (log_epoch ~= epoch and later(epoch, log_epoch)) then
  redis.call('DEL', stream_key)
  log_epoch, head = epoch, first - 1
  replaced = true
elseif log_epoch ~= epoch or first > head + 1 then
  return {log_epoch, stream_id(head), 0, repaired} -- stale, or a hole
elseif forked(head) then
  return {log_epoch, stream_id(head), 1, repaired}
end

if last > head then
  -- A foreign id after the head would keep new entries out of the stream.
  local newest = redis.call('XREVRANGE', stream_key, '+', '-', 'COUNT', 1)[1]
  if newest and newest[1] ~= stream_id(head) then
    redis.call('DEL', stream_key)
    repaired = 1
  end
  -- A deleted or trimmed stream remembers its last id; the new ids are later.
  local message = {}
  for number = head + 1, last do
    local entry = ARGV[entries_at + number - first]
    message[#message + 1] = #entry .. ':' .. entry
    if number > last - keep then
      redis.call('XADD', stream_key, stream_id(number), 'e', entry)
    end
  end
  redis.call('XTRIM', stream_key, 'MAXLEN', '=', keep)
  redis.call('SPUBLISH', channel, audience .. ' ' .. epoch .. ' ' .. string.format('%.0f', head + 1) .. '\n' .. table.concat(message))
  head = last
elseif replaced then
  redis.call('SPUBLISH', channel, audience .. ' ' .. epoch .. ' ' .. string.format('%.0f', first) .. '\n')
else
  return {log_epoch, stream_id(head), 0, repaired} -- repeats only
end

redis.call('HSET', head_key, 'epoch', log_epoch, 'number', string.format('%.0f', head))
redis.call('PEXPIRE', head_key, head_ttl)
redis.call('PEXPIRE', stream_key, stream_ttl)
return {log_epoch, stream_id(head), 0, repaired}
