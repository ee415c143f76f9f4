// Tables of the kinds of gateway.envoyproxy.io.  For api/**.cc.
#pragma once

#include "api/envoy/backend.h"
#include "api/envoy/envoy_proxy.h"
#include "api/meta/tables.h"

namespace limen::api {

std::vector<std::string_view> names_of(const BackendType*);
const Schema& schema_of(const FqdnEndpoint*);
const Schema& schema_of(const IpEndpoint*);
const Schema& schema_of(const UnixSocket*);
const Schema& schema_of(const BackendEndpoint*);
const Schema& schema_of(const BackendSpec*);
const Schema& schema_of(const BackendStatus*);
const Schema& schema_of(const Backend*);

std::vector<std::string_view> names_of(const PatchType*);
std::vector<std::string_view> names_of(const ServiceType*);
std::vector<std::string_view> names_of(const ExternalTrafficPolicy*);
const Schema& schema_of(const KubernetesPatch*);
const Schema& schema_of(const KubernetesPod*);
const Schema& schema_of(const KubernetesContainer*);
const Schema& schema_of(const KubernetesDaemonSet*);
const Schema& schema_of(const KubernetesDeployment*);
const Schema& schema_of(const KubernetesService*);
const Schema& schema_of(const KubernetesHorizontalPodAutoscaler*);
const Schema& schema_of(const KubernetesPodDisruptionBudget*);
const Schema& schema_of(const KubernetesServiceAccount*);
const Schema& schema_of(const EnvoyProxyKubernetesProvider*);

std::vector<std::string_view> names_of(const ProviderType*);
std::vector<std::string_view> names_of(const LogLevel*);
std::vector<std::string_view> names_of(const BootstrapType*);
const Schema& schema_of(const EnvoyProxyHostProvider*);
const Schema& schema_of(const EnvoyProxyProvider*);
const Schema& schema_of(const EnvoyProxyLogging*);
const Schema& schema_of(const JsonPatchOperation*);
const Schema& schema_of(const ProxyBootstrap*);
const Schema& schema_of(const ShutdownConfig*);
const Schema& schema_of(const EnvoyProxySpec*);
const Schema& schema_of(const EnvoyProxy*);

}  // namespace limen::api
