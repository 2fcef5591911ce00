-- Raises the epochs of partitions that this run has claimed, so that a commit of its own that is still under way
-- can't be made any more, and returns the number of the last commit that was made and the new epoch for each. A
-- partition that somebody else has claimed has neither. KEYS: the positions. ARGV: partition and epoch in turns.
local positions = KEYS[1]
local answers = {}
for i = 1, #ARGV, 2 do
	local kept = redis.call('HMGET', positions, 'epoch:' .. ARGV[i], 'commit:' .. ARGV[i])
	if kept[1] == ARGV[i + 1] then
		local epoch = string.format('%.0f', tonumber(kept[1]) + 1)
		redis.call('HSET', positions, 'epoch:' .. ARGV[i], epoch)
		table.insert(answers, kept[2])
		table.insert(answers, epoch)
	else
		table.insert(answers, '')
		table.insert(answers, '')
	end
end
return answers
