-- Healthy only once Berth has seen the newest spec and says that it is so.
local waiting = {status = "Progressing", message = "Waiting for Berth"}
local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return waiting
end
local found = {}
for _, condition in ipairs(status.conditions) do
  found[condition.type] = condition
end
local function verdict(word, condition)
  return {status = word, message = condition.reason .. ": " .. condition.message}
end
local ready = found.Ready
if ready ~= nil and ready.reason == "Paused" then
  return verdict("Suspended", ready)
end
if found.Reconciling ~= nil and found.Reconciling.status == "True" then
  return verdict("Progressing", found.Reconciling)
end
if found.Stalled ~= nil and found.Stalled.status == "True" then
  return verdict("Degraded", found.Stalled)
end
if ready == nil then
  return waiting
end
if ready.status == "True" then
  return verdict("Healthy", ready)
end
return verdict("Progressing", ready)
