-- take assigns a seat to a connection. A known seat is taken over whatever the
-- limit. Returns {1, the previous owner or ''}, or {0, ''} when the seat is new
-- and the tenant has no free one.

local seats, owners = KEYS[1], KEYS[2]
local seat, owner = ARGV[1], ARGV[2]
local limit = tonumber(ARGV[3])
local lease = tonumber(ARGV[4]) -- milliseconds

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, expired in ipairs(redis.call('ZRANGEBYSCORE', seats, '-inf', now)) do
  redis.call('ZREM', seats, expired)
  redis.call('HDEL', owners, expired)
end
local previous = redis.call('HGET', owners, seat) or ''
if not redis.call('ZSCORE', seats, seat) and redis.call('ZCARD', seats) >= limit then
  return {0, ''}
end
redis.call('ZADD', seats, now + lease, seat)
redis.call('HSET', owners, seat, owner)
redis.call('PEXPIRE', seats, lease * 2)
redis.call('PEXPIRE', owners, lease * 2)
return {1, previous}
