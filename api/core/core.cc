#include "api/core/core.h"

#include "api/core/tables.h"

namespace limen::api {

using schema::each;
using schema::object;
using schema::pattern;
using schema::required;

const Schema& schema_of(const Namespace*) {
  static const Schema schema = object<Namespace>("Namespace", "A namespace.")
                                   .field<&Namespace::metadata>("metadata", kMetadata, required());
  return schema;
}

const Schema& schema_of(const ConfigMap*) {
  static const Schema schema = object<ConfigMap>("ConfigMap", "Plain settings.")
                                   .field<&ConfigMap::metadata>("metadata", kMetadata, required())
                                   .field<&ConfigMap::data>("data", "Text by key.")
                                   .field<&ConfigMap::binary_data>("binaryData", "Base64 by key.");
  return schema;
}

const Schema& schema_of(const Secret*) {
  static const Schema schema =
      object<Secret>("Secret", "Secret settings.")
          .field<&Secret::metadata>("metadata", kMetadata, required())
          .field<&Secret::type>("type", "What it holds, e.g. kubernetes.io/tls.")
          .field<&Secret::data>("data", "Base64 by key.")
          .field<&Secret::string_data>("stringData", "Text by key; beats `data`.");
  return schema;
}

const Schema& schema_of(const ServicePort*) {
  static const Schema schema =
      object<ServicePort>("ServicePort", "A port of a Service.")
          .field<&ServicePort::name>("name", "Name; that of the EndpointSlices' port.")
          .field<&ServicePort::protocol>("protocol", "TCP, UDP or SCTP.")
          .field<&ServicePort::app_protocol>("appProtocol",
                                             "What is spoken: kubernetes.io/h2c, /ws.")
          .field<&ServicePort::port>("port", "Port.", required(), schema::min(1),
                                     schema::max(65535));
  return schema;
}

const Schema& schema_of(const ServiceSpec*) {
  static const Schema schema =
      object<ServiceSpec>("ServiceSpec", "What a Service is.")
          .field<&ServiceSpec::type>("type", "ClusterIP, ExternalName, ...")
          .field<&ServiceSpec::cluster_ip>("clusterIP", "Its address; None for a headless one.")
          .field<&ServiceSpec::external_name>("externalName",
                                              "DNS name of an ExternalName Service.")
          .field<&ServiceSpec::ports>("ports", "Its ports.");
  return schema;
}

const Schema& schema_of(const Service*) {
  static const Schema schema = object<Service>("Service", "A Kubernetes Service.")
                                   .field<&Service::metadata>("metadata", kMetadata, required())
                                   .field<&Service::spec>("spec", "What it is.");
  return schema;
}

// A name's last label has a letter; what is digits and dots alone is an IPv4 address.
constexpr schema::Form kAddress = {
    R"(^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.){3}(25[0-5]|(2[0-4]|1\d|[1-9]|)\d)$|^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$|^([-a-z0-9]+\.)*[-0-9]*[a-z][-a-z0-9]*\.?$)",
    "an IPv4 or IPv6 address, nor a DNS name"};

const Schema& schema_of(const EndpointConditions*) {
  static const Schema schema =
      object<EndpointConditions>("EndpointConditions", "State of an endpoint.")
          .field<&EndpointConditions::ready>("ready", "Takes new requests; true where unset.")
          .field<&EndpointConditions::serving>("serving", "Answers, even while it terminates.")
          .field<&EndpointConditions::terminating>("terminating", "Is on its way out.");
  return schema;
}

const Schema& schema_of(const Endpoint*) {
  static const Schema schema = object<Endpoint>("Endpoint", "An endpoint.")
                                   .field<&Endpoint::addresses>("addresses", "Its addresses.",
                                                                required(), each(pattern(kAddress)))
                                   .field<&Endpoint::conditions>("conditions", "Its state.")
                                   .field<&Endpoint::zone>("zone", "Its zone.");
  return schema;
}

const Schema& schema_of(const EndpointPort*) {
  static const Schema schema =
      object<EndpointPort>("EndpointPort", "A port of the endpoints.")
          .field<&EndpointPort::name>("name", "Name; that of the Service's port.")
          .field<&EndpointPort::protocol>("protocol", "TCP, UDP or SCTP.")
          .field<&EndpointPort::port>("port", "Port.");
  return schema;
}

const Schema& schema_of(const EndpointSlice*) {
  static const Schema schema =
      object<EndpointSlice>("EndpointSlice",
                            "Endpoints of the Service that label kubernetes.io/service-name names.")
          .field<&EndpointSlice::metadata>("metadata", kMetadata, required())
          .field<&EndpointSlice::address_type>("addressType", "IPv4, IPv6 or FQDN.")
          .field<&EndpointSlice::endpoints>("endpoints", "The endpoints.")
          .field<&EndpointSlice::ports>("ports", "Their ports.");
  return schema;
}

const Schema& schema_of(const ClusterTrustBundleSpec*) {
  static const Schema schema =
      object<ClusterTrustBundleSpec>("ClusterTrustBundleSpec", "CAs.")
          .field<&ClusterTrustBundleSpec::signer_name>("signerName", "Whose CAs they are.")
          .field<&ClusterTrustBundleSpec::trust_bundle>("trustBundle", "Certificates, in PEM.",
                                                        required());
  return schema;
}

const Schema& schema_of(const ClusterTrustBundle*) {
  static const Schema schema =
      object<ClusterTrustBundle>("ClusterTrustBundle", "CAs that the whole cluster may read.")
          .field<&ClusterTrustBundle::metadata>("metadata", kMetadata, required())
          .field<&ClusterTrustBundle::spec>("spec", "The CAs.", required());
  return schema;
}

}  // namespace limen::api
