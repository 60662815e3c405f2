#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/ed25519.h"
#include "policy/condition.h"

// An order about who may not use which models, as a typed object. Its canonical text is what is
// signed and what is hashed.
namespace sallyport::policy {

// Empty lists mean all, but a scope names at least one of models, classes, upstreams or vendors, or
// says everything = true.
struct Scope {
  std::vector<std::string> models;
  std::vector<std::string> capability_classes;
  std::vector<std::string> upstreams;
  std::vector<std::string> vendors;
  std::vector<std::string> surfaces;
  bool everything = false;
};

enum class Staff : std::uint8_t { attested, all, none };

struct Licence {
  std::string number;
  std::vector<std::string> persons;        // ids
  std::vector<std::string> organisations;  // ids, with their employees
  std::vector<Country> destinations;       // empty = any
  std::vector<std::string> provisos;       // become obligations
  std::optional<WallTime> expires;
};

// Who is let out of the directive. Exactly one of annex, provider_staff, programmes and licence.
struct Exemption {
  std::string id;
  std::vector<std::string> models;  // empty = all of the directive's
  std::optional<WallTime> until;
  std::string annex;              // organisations on this list
  Staff staff = Staff::attested;  // of the annex: which of their employees come with them
  bool provider_staff = false;
  std::vector<std::string> programmes;  // holders of a grant that holds
  std::optional<Licence> licence;
};

enum class Effect : std::uint8_t { deny, substitute, serve };  // strictest first
std::string_view to_string(Effect effect);

struct Directive {
  std::string id;
  std::int64_t version = 1;  // the version in force is the latest that is effective
  std::string issuer;
  std::string form;  // verbal, letter, published
  bool confirmed = false;
  std::string legal_reference;
  std::optional<WallTime> received;
  WallTime effective;
  std::optional<WallTime> expires;
  std::optional<WallTime> review;
  Scope scope;
  // export, reexport, transfer, release; a release reaches everybody, the others those outside of
  // the United States.
  std::vector<std::string> acts;
  std::string definition;
  bool covers_persons = true;
  bool covers_organisations = true;
  Condition who;
  std::vector<Exemption> exemptions;
  Effect effect = Effect::deny;                   // deny or substitute
  std::map<std::string, std::string> successors;  // by model
  bool unknowns_denied = true;  // false: who is unknown gets the directive's effect
  std::string notice;
  std::int64_t status = 403;
  std::vector<std::string> lift_conditions;

  std::string signing_key;
  std::string signature;  // raw bytes
  // Why this directive cannot be trusted as it stands. Then it still forbids everybody in its
  // scope, without exemption or successor.
  std::string broken;
};

void read_directive(Reader& reader, Directive& out);
// Everything but the signature, in one fixed form.
std::string canonical(const Directive& directive);
// What the signature is over: a context line, then the canonical text.
std::string signed_text(const Directive& directive);
bool signature_holds(const Directive& directive, const crypto::Ed25519PublicKey& key);

}  // namespace sallyport::policy
