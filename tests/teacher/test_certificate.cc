#include "tests/teacher/test_certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace retort {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr long kDay = 24 * 60 * 60;

void Check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("OpenSSL failed at: ") + what);
}

// P-256: made in less than a millisecond, where RSA takes a tenth of a second.
Key MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  Check(key != nullptr, "key");
  return key;
}

void AddExtension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value));
  Check(extension != nullptr, value);
  Check(X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

// Everything but extensions and signature.
Certificate Blank(const char* name, EVP_PKEY* key, long serial, long last_day) {
  Certificate certificate(X509_new());
  Check(certificate != nullptr, "certificate");
  X509* raw = certificate.get();
  X509_set_version(raw, 2);  // X.509 v3
  ASN1_INTEGER_set(X509_get_serialNumber(raw), serial);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(raw), last_day * kDay);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

template <class Write>
std::string Pem(Write write) {
  Bio bio(BIO_new(BIO_s_mem()));
  Check(bio != nullptr && write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string Pem(X509* certificate) {
  return Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

TestCertificate Make(const char* name, const char* alternative_names, long last_day) {
  const Key ca_key = MakeKey();
  const Certificate ca = Blank("Retort test CA", ca_key.get(), 1, 30);
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  AddExtension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  Check(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  const Key key = MakeKey();
  const Certificate leaf = Blank(name, key.get(), 2, last_day);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.get()));
  AddExtension(leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  AddExtension(leaf.get(), ca.get(), NID_subject_alt_name, alternative_names);
  AddExtension(leaf.get(), ca.get(), NID_authority_key_identifier, "keyid");
  Check(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  return {.ca = Pem(ca.get()), .leaf = Pem(leaf.get()), .key = Pem([&](BIO* bio) {
                                                          return PEM_write_bio_PrivateKey(bio, key.get(), nullptr,
                                                                                          nullptr, 0, nullptr, nullptr);
                                                        })};
}

}  // namespace

TestCertificate MakeLocalCertificate() { return Make("localhost", "DNS:localhost,IP:127.0.0.1", 30); }
TestCertificate MakeCertificateForAnotherName() { return Make("other.example", "DNS:other.example,IP:192.0.2.1", 30); }
TestCertificate MakeExpiredCertificate() { return Make("localhost", "DNS:localhost,IP:127.0.0.1", -1); }

}  // namespace retort
