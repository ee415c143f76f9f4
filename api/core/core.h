// The Kubernetes core kinds that Limen reads, and of them only the fields it uses.
// Foreign kinds: unknown fields are ignored (the API server may be newer).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/meta/meta.h"

namespace limen::api {

struct Namespace {
  ObjectMeta metadata;
  bool operator==(const Namespace&) const = default;
};

struct ConfigMap {
  ObjectMeta metadata;
  std::map<std::string, std::string> data;
  std::map<std::string, std::string> binary_data;  // base64, as written
  bool operator==(const ConfigMap&) const = default;
};

struct Secret {
  ObjectMeta metadata;
  std::string type;                                // "kubernetes.io/tls", "Opaque", ...
  std::map<std::string, std::string> data;         // base64, as written
  std::map<std::string, std::string> string_data;  // plain; beats data, as in the API server
  bool operator==(const Secret&) const = default;
};

struct ServicePort {
  std::string name;
  std::string protocol = "TCP";
  std::optional<std::string> app_protocol;
  int32_t port = 0;
  bool operator==(const ServicePort&) const = default;
};

struct ServiceSpec {
  std::string type = "ClusterIP";
  std::string cluster_ip;  // "None": headless
  std::string external_name;
  std::vector<ServicePort> ports;
  bool operator==(const ServiceSpec&) const = default;
};

struct Service {
  ObjectMeta metadata;
  ServiceSpec spec;
  bool operator==(const Service&) const = default;
};

struct EndpointConditions {
  std::optional<bool> ready;  // unset means ready
  std::optional<bool> serving;
  std::optional<bool> terminating;
  bool operator==(const EndpointConditions&) const = default;
};

struct Endpoint {
  std::vector<std::string> addresses;
  EndpointConditions conditions;
  std::optional<std::string> zone;
  bool operator==(const Endpoint&) const = default;
};

struct EndpointPort {
  std::string name;
  std::string protocol = "TCP";
  std::optional<int32_t> port;
  bool operator==(const EndpointPort&) const = default;
};

// discovery.k8s.io/v1.  Belongs to the Service named by label kubernetes.io/service-name.
struct EndpointSlice {
  ObjectMeta metadata;
  std::string address_type = "IPv4";  // IPv4, IPv6, FQDN
  std::vector<Endpoint> endpoints;
  std::vector<EndpointPort> ports;
  bool operator==(const EndpointSlice&) const = default;
};

struct ClusterTrustBundleSpec {
  std::string signer_name;   // "": none in particular
  std::string trust_bundle;  // PEM
  bool operator==(const ClusterTrustBundleSpec&) const = default;
};

// certificates.k8s.io/v1.  Cluster-wide.
struct ClusterTrustBundle {
  ObjectMeta metadata;
  ClusterTrustBundleSpec spec;
  bool operator==(const ClusterTrustBundle&) const = default;
};

}  // namespace limen::api
