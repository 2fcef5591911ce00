-- Tells why positions couldn't be kept; nothing where they could. It writes nothing. KEYS: the positions.
for _, command in ipairs({ { 'HGET', KEYS[1], 'epoch:0' }, { 'HMGET', KEYS[1], 'epoch:0' }, { 'TIME' } }) do
	local answer = redis.pcall(unpack(command))
	if type(answer) == 'table' and answer.err then
		return answer.err
	end
end
if redis.acl_check_cmd and not redis.acl_check_cmd('HSET', KEYS[1], 'epoch:0', '1') then
	return 'NOPERM the user may not HSET it'
end
return ''
