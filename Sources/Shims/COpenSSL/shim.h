#pragma once
// SHA256_Init and its kin, marked as deprecated in OpenSSL 3: EVP_DigestInit_ex takes memory for every digest there.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/opensslv.h>
#include <openssl/crypto.h>
