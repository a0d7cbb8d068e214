-- renew prolongs the leases of a node's seats in one tenant, and brings back
-- those that Redis has lost. Answers the seats that belong to another owner now.

local seats, owners = KEYS[1], KEYS[2]
local lease = tonumber(ARGV[1]) -- milliseconds

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local lost = {}
for i = 2, #ARGV, 2 do
  local seat, owner = ARGV[i], ARGV[i + 1]
  local present = redis.call('HGET', owners, seat)
  if present and present ~= owner then
    lost[#lost + 1] = seat
  else
    redis.call('ZADD', seats, now + lease, seat)
    redis.call('HSET', owners, seat, owner)
  end
end
redis.call('PEXPIRE', seats, lease * 2)
redis.call('PEXPIRE', owners, lease * 2)
return lost
