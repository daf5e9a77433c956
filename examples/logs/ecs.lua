-- From a record of a task's container to one that names its log group and stream, as ECS's driver awslogs would.
--
-- Berth writes, for each container with a logConfiguration, these annotations on the task's pod:
--   log-driver.ecs.berth.dev/CONTAINER, log-group…, log-region…, log-stream…
-- The stream has $(TASK_ID) or $(CONTAINER_ID) where ECS has the id.

local function annotation(annotations, what, container)
  return annotations["log-" .. what .. ".ecs.berth.dev/" .. container]
end

local function fill(text, name, value)
  -- The replacement is a function, so that a % in it means nothing.
  return (string.gsub(text, "%$%(" .. name .. "%)", function() return value end))
end

function name_stream(tag, timestamp, record)
  local pod = record["kubernetes"]
  if pod == nil or pod["annotations"] == nil or pod["container_name"] == nil then
    return -1, timestamp, record
  end
  local container = pod["container_name"]
  local group = annotation(pod["annotations"], "group", container)
  local stream = annotation(pod["annotations"], "stream", container)
  if group == nil or stream == nil then
    return -1, timestamp, record
  end
  stream = fill(stream, "TASK_ID", string.gsub(pod["pod_id"] or "", "-", ""))
  stream = fill(stream, "CONTAINER_ID", pod["docker_id"] or "")
  return 1, timestamp, {
    log = record["log"],
    log_group = group,
    log_stream = stream,
    log_region = annotation(pod["annotations"], "region", container),
  }
end
