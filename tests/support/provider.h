/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROVIDER_H
#define TESTS_PROVIDER_H

#include "dpop/dpop.h"
#include "identity/session.h"
#include "inwebo/device.h"
#include "platform/flow.h"
#include "support/fake_env.h"
#include "support/provider_keys.h"

#include <stdbool.h>

/*
 * An OpenID provider without a network, and a driver for the flows that talk to it: what a flow waits for comes at once. A right
 * answer is the default; a test bends what it wants to see refused. Texts given to it live as long as the test.
 */

#define PROVIDER_ISSUER "http://127.0.0.1:8080"
#define PROVIDER_REDIRECT "http://127.0.0.1:43210/callback"

enum { PROVIDER_REQUESTS = 16, PROVIDER_REDIRECTS = 4 };

struct provider_request {
	char *method, *url, *body;
	char *headers; /**< lines, each ended by '\n' */
};

/** Answers the next request whose URL contains `path` in the provider's place. */
struct provider_fault {
	const char *path; /**< NULL = none */
	enum pims_http_failure failure;
	int status;
	const char *type;
	const char *body;
	int retry_after;
};

struct provider {
	struct fake_env fake;
	struct flow flow;
	struct profile profile;
	struct session session;
	struct session stored; /**< on the disk */
	struct iw_device device;
	int64_t skew;   /**< as the library knows it */
	int64_t offset; /**< as it is: the provider's clock minus ours, seconds; told with every answer */
	json_t *parameters;

	/* the user agent: what comes back, in order. "%s" stands for the state; NULL = a right redirect */
	const char *redirects[PROVIDER_REDIRECTS];
	size_t redirect_count;
	char *agent_url;
	char *pushed; /**< the authorization request that was pushed last, or NULL */
	char *state, *nonce;
	unsigned agent_opened, agent_asked;

	/* tokens: merged over right values, null removes a member */
	const char *claims, *header, *answer;
	enum provider_key key;   /**< that signs */
	const char *algorithm;   /**< NULL = that of the key */
	const char *id_token;    /**< in place of a signed one */
	const char *published;   /**< the key set; NULL = KEY_RSA and KEY_EC by their names */
	const char *claims_of_user; /**< what userinfo answers */
	const char *keys_type;   /**< of its answer; NULL = JSON */
	const char *republished; /**< from the second fetch on; NULL = no change */
	int64_t signed_in_at;    /**< on the provider's clock: auth_time */
	unsigned issued;         /**< token answers so far: tokens are named by it */
	unsigned exchanged;      /**< token exchanges so far */
	unsigned fetched;        /**< of the key set */
	/* DPoP: what it is told, and how it takes it */
	bool dpop;                /**< it announces it */
	bool answers_bearer;      /**< it binds refresh tokens alone */
	const char *wanted_nonce; /**< of every proof; NULL = none */
	struct dpop_nonces nonces;
	char proved[DPOP_THUMBPRINT_SIZE]; /**< by the last token request; "" = nothing */
	char proof_nonce[64];
	unsigned nonces_asked;

	struct provider_fault fault;
	unsigned faults; /**< how often it answers */

	struct provider_request requests[PROVIDER_REQUESTS];
	size_t request_count;
	void (*on_lock)(struct provider *provider); /**< another process acts before we get the lock */
	bool locked;
	unsigned saves;
	unsigned fail_save;  /**< which one fails, from 1; 0 = none */
	char *saved_refresh; /**< refresh token at the first save */
};

void provider_init(struct provider *provider);
void provider_free(struct provider *provider);
/** Endpoints of the provider as if they were discovered. */
void provider_endpoints(struct provider *provider);
/** The provider's clock, seconds since 1970. */
int64_t provider_now(const struct provider *provider);
/** Runs a flow from its first step to FLOW_DONE; counters and requests start anew. `parameters` is JSON text or NULL. */
void provider_run(struct provider *provider, flow_step_fn first, const char *parameters);
/** Signs in, with every check on. The next run's counters start anew. */
void provider_sign_in(struct provider *provider);

/** The last request to `path`, or NULL; and how many there were. */
const struct provider_request *provider_last(const struct provider *provider, const char *path);
unsigned provider_count(const struct provider *provider, const char *path);

void assert_provider_failed(const struct provider *provider, int code, const char *cause);
void assert_provider_succeeded(const struct provider *provider);

#endif
