-- take assigns a seat to a connection. A known seat is taken over whatever the
-- limits. Returns {1, the previous owner or ''}. When the seat is new and none is
-- free, returns {0, 'tenant'} or {0, 'user'}, by the limit that is reached.

local seats, owners = KEYS[1], KEYS[2]
local seat, owner = ARGV[1], ARGV[2]
local limit = tonumber(ARGV[3])
local lease = tonumber(ARGV[4]) -- milliseconds
local user = ARGV[5]
local user_limit = tonumber(ARGV[6]) -- 0 for none

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, expired in ipairs(redis.call('ZRANGEBYSCORE', seats, '-inf', now)) do
  redis.call('ZREM', seats, expired)
  redis.call('HDEL', owners, expired)
end
-- A lease that ends a minute later than one given now was given before the clock was
-- set back: without this the seats of a dead node would stay occupied for as long.
-- (Nodes of other versions may give longer leases, but not by a minute.)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', seats, '(' .. (now + lease + 60000), '+inf')) do
  redis.call('ZADD', seats, now + lease, late)
end
local previous = redis.call('HGET', owners, seat) or ''
if not redis.call('ZSCORE', seats, seat) then
  if user_limit > 0 then
    local taken = 0
    for _, name in ipairs(redis.call('ZRANGE', seats, 0, -1)) do
      -- A name is pid:user, and a pid has no colon.
      if string.sub(name, string.find(name, ':', 1, true) + 1) == user then
        taken = taken + 1
      end
    end
    if taken >= user_limit then
      return {0, 'user'}
    end
  end
  if redis.call('ZCARD', seats) >= limit then
    return {0, 'tenant'}
  end
end
redis.call('ZADD', seats, now + lease, seat)
redis.call('HSET', owners, seat, owner)
redis.call('PEXPIRE', seats, lease * 2)
redis.call('PEXPIRE', owners, lease * 2)
return {1, previous}
