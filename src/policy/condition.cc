#include "policy/condition.h"

#include <algorithm>
#include <array>

#include "json/writer.h"
#include "policy/definition.h"

namespace sallyport::policy {
namespace {

// What an atom takes beside its name.
enum class Takes : std::uint8_t { items, item, flag, countries, names, level };

struct Shape {
  std::string_view name;
  Ask ask;
  Takes takes;
};

constexpr std::array kShapes = {
    Shape{"always", Ask::always, Takes::flag},
    Shape{"never", Ask::never, Takes::flag},
    Shape{"all", Ask::all, Takes::items},
    Shape{"any", Ask::any, Takes::items},
    Shape{"not", Ask::negate, Takes::item},
    Shape{"foreign_person", Ask::foreign_person, Takes::flag},
    Shape{"deemed_country", Ask::deemed_country, Takes::countries},
    Shape{"kind", Ask::kind, Takes::names},
    Shape{"identity_at_least", Ask::identity_at_least, Takes::level},
    Shape{"citizenship", Ask::citizenship, Takes::countries},
    Shape{"citizenship_outside", Ask::citizenship_outside, Takes::countries},
    Shape{"ever_citizenship", Ask::ever_citizenship, Takes::countries},
    Shape{"permanent_residence", Ask::permanent_residence, Takes::countries},
    Shape{"most_recent_country", Ask::most_recent, Takes::countries},
    Shape{"protected_person", Ask::protected_person, Takes::flag},
    Shape{"location", Ask::location, Takes::countries},
    Shape{"employer", Ask::employer, Takes::names},
    Shape{"employee_of_provider", Ask::employee_of_provider, Takes::flag},
    Shape{"organisation_jurisdiction", Ask::jurisdiction, Takes::countries},
    Shape{"organisation_controlled_by", Ask::controlled_by, Takes::countries},
    Shape{"organisation_type", Ask::organisation_type, Takes::names},
    Shape{"organisation_annex", Ask::annex, Takes::names},
    Shape{"staff_attested", Ask::staff_attested, Takes::flag},
};

const Shape* shape_named(json::Value key) {
  for (const Shape& shape : kShapes)
    if (key.equals(shape.name)) return &shape;
  return nullptr;
}

const Shape& shape_of(Ask ask) {
  for (const Shape& shape : kShapes)
    if (shape.ask == ask) return shape;
  return kShapes[0];
}

class ConditionReader {
 public:
  explicit ConditionReader(Problems& problems) : problems_(problems) {}

  Condition read(json::Value value, const std::string& where, std::size_t depth) {
    Condition out;
    // What cannot be read covers everybody: the document is refused anyway.
    if (depth > kMaxConditionDepth || ++nodes_ > kMaxConditionNodes) {
      problems_.push_back(where + ": is a condition over 16 deep or of over 1000 parts");
      return out;
    }
    if (!value.is_object() || value.size() != 1) {
      problems_.push_back(where + ": must be an object with exactly one key, the question");
      return out;
    }
    const json::Member member = *value.members().begin();
    const Shape* shape = shape_named(member.key);
    if (shape == nullptr) {
      problems_.push_back(where + ": is not a known question; see the list in docs/access.md");
      return out;
    }
    out.ask = shape->ask;
    read_operand(member.value, where + "." + std::string(shape->name), *shape, depth, out);
    return out;
  }

 private:
  void read_operand(json::Value value, const std::string& where, const Shape& shape,
                    std::size_t depth, Condition& out) {
    switch (shape.takes) {
      case Takes::flag:
        if (value.boolean() != true) problems_.push_back(where + ": must be true; use \"not\"");
        return;
      case Takes::item:
        out.items.push_back(read(value, where, depth + 1));
        return;
      case Takes::level: {
        const auto level = value.integer();
        if (!level || *level < 0 || *level > 3)
          problems_.push_back(where + ": must be from 0 to 3");
        out.level = level.value_or(3);
        return;
      }
      default:
        read_list(value, where, shape.takes, depth, out);
    }
  }

  void read_list(json::Value value, const std::string& where, Takes takes, std::size_t depth,
                 Condition& out) {
    if (!value.is_array() || value.size() == 0 || value.size() > kMaxConditionNodes) {
      problems_.push_back(where + ": must be an array of 1 to 1000 entries");
      return;
    }
    std::size_t index = 0;
    for (const json::Value item : value.items()) {
      const std::string place = where + "[" + std::to_string(index++) + "]";
      if (takes == Takes::items) {
        out.items.push_back(read(item, place, depth + 1));
      } else if (takes == Takes::countries) {
        const Country country = read_country(item, place, problems_);
        if (country != kNoCountry) out.countries.push_back(country);
      } else {
        const std::string text = item.is_string() ? item.text() : "";
        if (text.empty() || text.size() > kMaxIdBytes)
          problems_.push_back(place + ": must be a string of 1 to 256 bytes");
        else
          out.names.push_back(text);
      }
    }
    std::sort(out.countries.begin(), out.countries.end());
    out.countries.erase(std::unique(out.countries.begin(), out.countries.end()),
                        out.countries.end());
    std::sort(out.names.begin(), out.names.end());
    out.names.erase(std::unique(out.names.begin(), out.names.end()), out.names.end());
  }

  Problems& problems_;
  std::size_t nodes_ = 0;
};

}  // namespace

std::string_view name_of(Ask ask) { return shape_of(ask).name; }

Condition read_condition(json::Value value, const std::string& where, Problems& problems) {
  return ConditionReader(problems).read(value, where, 1);
}

void write_condition(const Condition& condition, std::string& out) {
  const Shape& shape = shape_of(condition.ask);
  out += "{\"";
  out += shape.name;
  out += "\":";
  switch (shape.takes) {
    case Takes::flag:
      out += "true";
      break;
    case Takes::level:
      out += std::to_string(condition.level);
      break;
    case Takes::item:
      write_condition(condition.items.front(), out);
      break;
    default: {
      char separator = '[';
      for (const Condition& item : condition.items) {
        out += separator;
        write_condition(item, out);
        separator = ',';
      }
      for (const Country country : condition.countries) {
        out += separator;
        json::append_string(out, country_text(country));
        separator = ',';
      }
      for (const std::string& name : condition.names) {
        out += separator;
        json::append_string(out, name);
        separator = ',';
      }
      out += ']';
    }
  }
  out += '}';
}

}  // namespace sallyport::policy
