#include "xds/resources/resource.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

#include <utility>

#include "xds/resources/pack.h"

namespace limen::xds {

std::string_view type_url(ResourceType type) {
  switch (type) {
    case ResourceType::kCluster: return "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    case ResourceType::kEndpoints:
      return "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    case ResourceType::kListener: return "type.googleapis.com/envoy.config.listener.v3.Listener";
    case ResourceType::kRouteConfiguration:
      return "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
    case ResourceType::kSecret:
      return "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
    case ResourceType::kExtensionConfig:
      return "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
  }
  __builtin_unreachable();
}

namespace {

constexpr int kLengthDelimited = 2;

Fragment simple_fragment(const google::protobuf::MessageLite& message) {
  Fragment fragment;
  fragment.bytes = bytes_of(message);
  fragment.hash = hash_bytes(fragment.bytes);
  fragment.size = static_cast<uint32_t>(fragment.bytes.size());
  return fragment;
}

size_t head_size(int field, size_t length) {
  using Coded = google::protobuf::io::CodedOutputStream;
  return Coded::VarintSize32(static_cast<uint32_t>(field << 3 | kLengthDelimited)) +
         Coded::VarintSize64(length);
}

}  // namespace

FragmentPtr fragment_of(const google::protobuf::MessageLite& message) {
  return std::make_shared<const Fragment>(simple_fragment(message));
}

FragmentBuilder::FragmentBuilder(const google::protobuf::MessageLite& message, int element_field,
                                 size_t count)
    : fragment_(simple_fragment(message)), element_field_(element_field), is_run_(false) {
  fragment_.element_field = element_field;
  fragment_.elements.reserve(count);
}

FragmentBuilder::FragmentBuilder(int element_field, size_t count)
    : element_field_(element_field), is_run_(true) {
  fragment_.element_field = element_field;
  fragment_.elements.reserve(count);
}

void FragmentBuilder::add(FragmentPtr element) {
  if (in_runs()) {
    FragmentBuilder run(element_field_, 1);
    run.add(std::move(element));
    return add_run(std::move(run).take());
  }
  sequence_.add(element->hash);
  fragment_.size += static_cast<uint32_t>(head_size(element_field_, element->size));
  fragment_.size += element->size;
  fragment_.elements.push_back(std::move(element));
}

void FragmentBuilder::add_run(FragmentPtr run) {
  if (!in_runs()) begin_runs();
  sequence_.append(SequenceHash(run->hash), run->elements.size());
  fragment_.size += run->size;
  fragment_.elements.push_back(std::move(run));
}

// What was added so far becomes the first run.
void FragmentBuilder::begin_runs() {
  Fragment first;
  first.hash = sequence_.value();
  first.size = fragment_.size - static_cast<uint32_t>(fragment_.bytes.size());
  first.element_field = std::exchange(fragment_.element_field, 0);
  first.elements = std::exchange(fragment_.elements, {});
  if (!first.elements.empty())
    fragment_.elements.push_back(std::make_shared<const Fragment>(std::move(first)));
}

FragmentPtr FragmentBuilder::take() && {
  fragment_.hash = is_run_ ? sequence_.value() : hash_combine(fragment_.hash, sequence_.value());
  return std::make_shared<const Fragment>(std::move(fragment_));
}

std::string serialise(const Fragment& fragment) {
  std::string out;
  out.reserve(fragment.size);
  serialise(fragment, out);
  return out;
}

void serialise(const Fragment& fragment, std::string& out) {
  out += fragment.bytes;
  for (const FragmentPtr& element : fragment.elements) {
    if (fragment.element_field != 0) append_field_head(fragment.element_field, element->size, out);
    serialise(*element, out);
  }
}

void append_field_head(int field, size_t length, std::string& out) {
  uint8_t head[15];
  uint8_t* end = google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(field << 3 | kLengthDelimited), head);
  end = google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(length, end);
  out.append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
}

}  // namespace limen::xds
