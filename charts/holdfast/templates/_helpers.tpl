{{/* The name of the chart, or what stands in for it. */}}
{{- define "holdfast.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the objects: that of the release, with the chart's unless it has it already. */}}
{{- define "holdfast.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $both .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of objects without a namespace: two releases of one name in two namespaces do not collide. */}}
{{- define "holdfast.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "holdfast.fullname" .) }}
{{- end }}

{{/* The labels by which the pods of this release are found; they never change. */}}
{{- define "holdfast.selectorLabels" -}}
app.kubernetes.io/name: {{ include "holdfast.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of every object. The chart's own win, for others are found by them. */}}
{{- define "holdfast.labels" -}}
{{- include "holdfast.labelsWith" (list . dict) }}
{{- end }}

{{/* The same with those of one object: (list . labels). */}}
{{- define "holdfast.labelsWith" -}}
{{- $ := index . 0 }}
{{- $own := include "holdfast.selectorLabels" $ | fromYaml }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- $_ := set $own "app.kubernetes.io/version" $.Chart.AppVersion }}
{{- $_ := set $own "app.kubernetes.io/managed-by" $.Release.Service }}
{{- merge $own (index . 1) $.Values.labels | toYaml }}
{{- end }}

{{- define "holdfast.serviceAccountName" -}}
{{- default (ternary (include "holdfast.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "holdfast.leaseName" -}}
{{- default (include "holdfast.fullname" .) .Values.leaderElection.leaseName }}
{{- end }}

{{/* The image by its digest, else by its tag, else by the version that the chart is made for. */}}
{{- define "holdfast.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The subject that all roles of the operator are bound to. */}}
{{- define "holdfast.subjects" -}}
- kind: ServiceAccount
  name: {{ include "holdfast.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* What the operator may do with Stacks, where it watches. It never creates, replaces or deletes one. */}}
{{- define "holdfast.stackRules" -}}
- apiGroups: [holdfast.dev]
  resources: [stacks]
  verbs: [get, list, watch, patch] # patch: its finalizer
- apiGroups: [holdfast.dev]
  resources: [stacks/status]
  verbs: [patch]
- apiGroups: [holdfast.dev]
  resources: [stackmemories]
  verbs: [get, create, update] # a StackMemory is deleted with its Stack, never by the operator
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- with .Values.secretKeyRefs }}
{{- if .enabled }}
- apiGroups: [""]
  resources: [secrets]
  {{- with .names }}
  resourceNames: {{ toYaml . | nindent 4 }}
  {{- end }}
  verbs: [get]
{{- end }}
{{- end }}
{{- end }}
