#include "xds/resources/redact.h"

#include <envoy/config/core/v3/base.pb.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace limen::xds {
namespace {

namespace pb = google::protobuf;

constexpr char kRedacted[] = "[redacted]";

// Source: fields that Envoy's API marks as sensitive.  Where one is a message, all its texts are.
constexpr const char* kSecretFields[] = {
    "envoy.extensions.transport_sockets.tls.v3.TlsCertificate.private_key",
    "envoy.extensions.transport_sockets.tls.v3.TlsCertificate.pkcs12",
    "envoy.extensions.transport_sockets.tls.v3.TlsCertificate.password",
    "envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys.keys",
    "envoy.extensions.transport_sockets.tls.v3.GenericSecret.secret",
    "envoy.extensions.transport_sockets.tls.v3.GenericSecret.secrets",
    "envoy.extensions.filters.http.api_key_auth.v3.Credential.key",
    "envoy.extensions.filters.http.basic_auth.v3.BasicAuth.users",
    // Also what comes of Secrets.
    "envoy.extensions.filters.http.ext_authz.v3.CheckSettings.context_extensions",
    "envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.local_jwks",  // keys may be symmetric
};

bool is_secret(const pb::FieldDescriptor& field) {
  return std::find(std::begin(kSecretFields), std::end(kSecretFields), field.full_name()) !=
         std::end(kSecretFields);
}

void walk(pb::Message& message, bool hide);

void hide_text(pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) return reflection.SetString(&message, &field, kRedacted);
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
    reflection.SetRepeatedString(&message, &field, i, kRedacted);
}

void walk_field(pb::Message& message, const pb::FieldDescriptor& field, bool hide) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
    const bool is_key = field.containing_type()->options().map_entry() && field.number() == 1;
    if (hide && !is_key) hide_text(message, field);
    return;
  }
  if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) return;
  if (!field.is_repeated()) return walk(*reflection.MutableMessage(&message, &field), hide);
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
    walk(*reflection.MutableRepeatedMessage(&message, &field, i), hide);
}

// The inner message; nullptr: of a type that is not linked in, of which nobody can print anything.
std::unique_ptr<pb::Message> unpacked(const pb::Any& any) {
  std::string name;
  if (!pb::Any::ParseAnyTypeUrl(any.type_url(), &name)) return nullptr;
  const auto* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  const pb::Message* prototype = pb::MessageFactory::generated_factory()->GetPrototype(type);
  std::unique_ptr<pb::Message> inner(prototype->New());
  return inner->ParseFromString(any.value()) ? std::move(inner) : nullptr;
}

void walk(pb::Message& message, bool hide) {
  if (auto* any = dynamic_cast<pb::Any*>(&message)) {
    const std::unique_ptr<pb::Message> inner = unpacked(*any);
    if (inner == nullptr) return;
    walk(*inner, hide);
    inner->SerializeToString(any->mutable_value());
    return;
  }
  if (auto* source = dynamic_cast<envoy::config::core::v3::DataSource*>(&message); source && hide)
    return source->set_inline_string(kRedacted);
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields)
    walk_field(message, *field, hide || is_secret(*field));
}

}  // namespace

void redact(google::protobuf::Message& message) { walk(message, false); }

}  // namespace limen::xds
