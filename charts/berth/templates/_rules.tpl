{{/* Made from src/rbac.rs; `make update` rewrites it. */}}

{{- define "berth.rules.namespaced" -}}
# what users write; Berth never changes a spec
- apiGroups: [ecs.berth.dev]
  resources: [taskdefinitions, ecsservices, servicediscoveries]
  verbs: [get, list, watch]
# what Berth answers
- apiGroups: [ecs.berth.dev]
  resources: [taskdefinitions/status, ecsservices/status, servicediscoveries/status]
  verbs: [get, patch, update]
# owner references that block deletion need it on clusters that check them; Berth sets no finalizer
- apiGroups: [ecs.berth.dev]
  resources: [taskdefinitions/finalizers, ecsservices/finalizers, servicediscoveries/finalizers]
  verbs: [update]
# a task is a pod that Berth creates, labels, ends and forgets itself
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete]
# target groups and discovery names
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
# revisions of task definitions and the counter of each family
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, watch, create, patch, update, delete]
# one per service: the lower bound holds for evictions too
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# a task serves on when a container has ended that is not essential; Kubernetes shows it as an endpoint no more
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch, create, patch, delete]
# service events
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
# one per task role and namespace, where a Cluster maps the role; Berth never asks for a token of one
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
# asks External Secrets to fetch what a Cluster maps to a store; the values stay out of Berth's sight
- apiGroups: [external-secrets.io]
  resources: [externalsecrets]
  verbs: [get, create, patch]
{{- end -}}

{{- define "berth.rules.cluster" -}}
# zones, attributes, room and draining of container instances
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
# which nodes, namespaces and privileges a cluster has
- apiGroups: [ecs.berth.dev]
  resources: [ecsclusters]
  verbs: [get, list, watch]
# what Berth answers
- apiGroups: [ecs.berth.dev]
  resources: [ecsclusters/status]
  verbs: [patch]
{{- end -}}

{{- define "berth.rules.ownNamespace" -}}
# which of the replicas leads
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, patch]
{{- end -}}

{{- define "berth.rules.view" -}}
# reading specs and status shows no secret
- apiGroups: [ecs.berth.dev]
  resources: [taskdefinitions, ecsservices, servicediscoveries, ecsclusters]
  verbs: [get, list, watch]
{{- end -}}

{{- define "berth.rules.edit" -}}
# whoever may create pods may create services; the pods are held to the same pod security level
- apiGroups: [ecs.berth.dev]
  resources: [taskdefinitions, ecsservices, servicediscoveries]
  verbs: [create, delete, deletecollection, patch, update]
# kubectl scale and autoscalers write the desired count
- apiGroups: [ecs.berth.dev]
  resources: [ecsservices/scale]
  verbs: [get, patch, update]
{{- end -}}
