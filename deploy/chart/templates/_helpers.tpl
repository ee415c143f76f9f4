{{- define "limen.selectorLabels" -}}
app.kubernetes.io/name: limen
app.kubernetes.io/component: controller
{{- end }}

{{/* Of every object. */}}
{{- define "limen.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: limen
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "limen.image" -}}
{{- $own := .Values.deployment.envoyGateway.image -}}
{{- $tag := $own.tag | default .Chart.AppVersion -}}
{{- $image := .Values.global.images.envoyGateway.image | default (printf "docker.io/limen/limen:%s" $tag) -}}
{{- if $own.repository -}}
{{- $image = printf "%s:%s" $own.repository $tag -}}
{{- end -}}
{{- if regexMatch "(^|/)envoyproxy/gateway(:|@|$)" $image -}}
{{- fail (printf "%s is Envoy Gateway's image, not Limen's: values of another chart?" $image) -}}
{{- end -}}
{{- with .Values.global.imageRegistry -}}
{{- $image = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^[^/]*[.:][^/]*/" $image "") -}}
{{- end -}}
{{- $image -}}
{{- end }}

{{- define "limen.pullPolicy" -}}
{{ .Values.deployment.envoyGateway.imagePullPolicy | default .Values.global.images.envoyGateway.pullPolicy | default "IfNotPresent" }}
{{- end }}

{{- define "limen.pullSecrets" -}}
{{- $own := .Values.deployment.envoyGateway.imagePullSecrets | default .Values.global.images.envoyGateway.pullSecrets -}}
{{- with $own | default .Values.global.imagePullSecrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A LabelSelector as --namespace-selector takes it. */}}
{{- define "limen.selector" -}}
{{- $terms := list -}}
{{- range $key, $value := .matchLabels -}}
{{- $terms = append $terms (printf "%s=%s" $key $value) -}}
{{- end -}}
{{- range .matchExpressions -}}
{{- if eq .operator "Exists" -}}
{{- $terms = append $terms .key -}}
{{- else if eq .operator "DoesNotExist" -}}
{{- $terms = append $terms (printf "!%s" .key) -}}
{{- else -}}
{{- $terms = append $terms (printf "%s %s (%s)" .key (lower .operator) (join "," .values)) -}}
{{- end -}}
{{- end -}}
{{- join "," $terms -}}
{{- end }}

{{/* The command line of `limen server`. */}}
{{- define "limen.args" -}}
{{- $provider := .Values.config.envoyGateway.provider.kubernetes -}}
- server
- --xds-address=0.0.0.0:18000
- --health-address=0.0.0.0:8081
- --state-dir=/var/lib/limen
- --log-level={{ .Values.config.envoyGateway.logging.level.default }}
{{- with .Values.config.envoyGateway.gateway.controllerName }}
{{- if ne . "gateway.envoyproxy.io/gatewayclass-controller" }}
- --controller-name={{ . }}
{{- end }}
{{- end }}
{{- with $provider.watch.namespaces }}
- --namespaces={{ join "," . }}
{{- end }}
{{- with include "limen.selector" $provider.watch.namespaceSelector }}
- {{ printf "--namespace-selector=%s" . | quote }}
{{- end }}
{{- if $provider.leaderElection.disable }}
- --leader-elect=false
{{- end }}
{{- if .Values.infra.enabled }}
- --image={{ .Values.infra.shutdownManager.image | default (include "limen.image" .) }}
{{- if eq $provider.deploy.type "GatewayNamespace" }}
- --gateway-namespace-mode
{{- end }}
{{- else }}
- --start-envoys=false
{{- end }}
{{- if ne .Values.kubernetesClusterDomain "cluster.local" }}
- --xds-service=limen.{{ .Release.Namespace }}.svc:18000
{{- end }}
{{- if .Values.acme.enabled }}
- --acme
{{- if .Values.acme.staging }}
- --acme-staging
{{- end }}
{{- end }}
{{- with .Values.deployment.envoyGateway.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}
