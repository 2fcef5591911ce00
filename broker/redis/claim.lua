-- Claims a partition: raises its epoch, so that commits of whoever claimed it before are refused.
-- KEYS: the positions. ARGV: partition, holder.
-- Epochs are times, so that none comes again where positions were removed, or the server came back with older ones.
local positions, partition = KEYS[1], ARGV[1]
local now = redis.call('TIME')
local before = redis.call('HMGET', positions, 'epoch:' .. partition, 'progress:' .. partition)
local epoch = math.max((tonumber(before[1]) or 0) + 1, now[1] * 1000000 + now[2])
epoch = string.format('%.0f', epoch)
redis.call('HSET', positions, 'epoch:' .. partition, epoch, 'commit:' .. partition, 0,
	'holder:' .. partition, ARGV[2], 'claimed:' .. partition, now[1])
return {epoch, before[2]}
