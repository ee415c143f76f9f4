#include "ctl/attachment_advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/objects.h"
#include "base/strings.h"
#include "translate/translator.h"

namespace limen::ctl {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& words) {
  const auto guess = nearest(word, words);
  return guess ? fmt::format("; did you mean '{}'?", *guess) : "";
}

class Advisor {
 public:
  Advisor(const api::ChangeBatch& objects, const std::vector<std::string>& refused)
      : refused_(refused) {
    for (const api::ObjectChange& change : objects) {
      if (const auto* it = std::get_if<std::shared_ptr<const api::GatewayClass>>(&change.object))
        classes_[(*it)->metadata.name] = it->get();
      if (const auto* it = std::get_if<std::shared_ptr<const api::Gateway>>(&change.object))
        gateways_[change.key] = it->get();
    }
  }

  std::vector<Advice> advise(const api::ChangeBatch& objects) {
    for (const auto& [key, gateway] : gateways_) {
      const std::string why = why_no_class(gateway->spec.gateway_class_name);
      if (!why.empty()) found_.push_back({api::Kind::kGateway, key, "spec.gatewayClassName", why});
    }
    for (const api::ObjectChange& change : objects) {
      std::visit([&](const auto& object) { look_at(change, object); }, change.object);
    }
    return std::move(found_);
  }

 private:
  template <class Object>
  void look_at(const api::ObjectChange& change, const Object& object) {
    if constexpr (requires { object->spec.parent_refs; }) {
      const auto& refs = object->spec.parent_refs;
      if (refs.empty()) add(change, "spec.parentRefs", "names no Gateway: add one");
      for (size_t i = 0; i < refs.size(); ++i)
        add(change, fmt::format("spec.parentRefs[{}]", i),
            why_no_parent(refs[i], change.key.name_space));
    }
  }

  void add(const api::ObjectChange& change, std::string path, const std::string& why) {
    if (why.empty()) return;
    found_.push_back({change.kind, change.key, std::move(path), why});
  }

  std::string why_no_parent(const api::ParentReference& ref, const std::string& own) const {
    if (ref.group != api::kGatewayGroup || ref.kind != "Gateway") {
      return fmt::format(
          "is a {} of group '{}', and routes attach to Gateways only: leave group "
          "and kind out",
          ref.kind, ref.group);
    }
    const api::ObjectKey key{ref.name_space.value_or(own), ref.name};
    const auto it = gateways_.find(key);
    if (it != gateways_.end()) {
      const std::string why = why_no_class(it->second->spec.gateway_class_name);
      return why.empty() ? "" : fmt::format("Gateway {}: {}", key.text(), why);
    }
    if (std::find(refused_.begin(), refused_.end(), "Gateway/" + key.text()) != refused_.end())
      return fmt::format("Gateway {} has mistakes of its own: mend them", key.text());
    return fmt::format("Gateway {} does not exist{}", key.text(), other_gateway(key));
  }

  // One of that name elsewhere, or one of a similar name.
  std::string other_gateway(const api::ObjectKey& wanted) const {
    std::vector<std::string_view> names;
    for (const auto& [key, gateway] : gateways_) {
      if (key.name == wanted.name)
        return fmt::format("; one stands in namespace {}: write 'namespace: {}' for it",
                           key.name_space, key.name_space);
      if (key.name_space == wanted.name_space) names.push_back(key.name);
    }
    return did_you_mean(wanted.name, names);
  }

  // "": it is one of Limen's.
  std::string why_no_class(const std::string& name) const {
    const auto it = classes_.find(name);
    if (it == classes_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, object] : classes_) names.push_back(known);
      return fmt::format("GatewayClass {} does not exist{}", name, did_you_mean(name, names));
    }
    const std::string ours = translate::Options().controller_name;
    const std::string& controller = it->second->spec.controller_name;
    if (controller == ours) return "";
    return fmt::format("GatewayClass {} is for controller {}; Limen's is {}", name, controller,
                       ours);
  }

  std::vector<std::string> refused_;
  std::map<std::string, const api::GatewayClass*> classes_;
  std::map<api::ObjectKey, const api::Gateway*> gateways_;
  std::vector<Advice> found_;
};

}  // namespace

std::vector<Advice> advise_attachment(const api::ChangeBatch& objects,
                                      const std::vector<std::string>& refused) {
  return Advisor(objects, refused).advise(objects);
}

}  // namespace limen::ctl
