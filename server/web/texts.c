/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

#include <string.h>
#include <strings.h>

static const struct texts languages[] = {
	{
		.language = "en",
		.sign_in = "Sign in",
		.continue_to = "Sign in to go on to %s.",
		.username = "E-mail address",
		.password = "Password",
		.error = "Error",
		.wrong = "The e-mail address or the password is wrong.",
		.too_many = "Too many attempts. Try again in %s min.",
		.expired = "This page was open for too long. Please sign in again.",
		.busy = "The server is busy. Please try again in a moment.",
		.cannot = "You cannot sign in here",
		.unknown_client = "The application that sent you is not known to this server.",
		.unknown_redirect = "The address that the application wants you sent back to is not registered for it.",
		.long_state = "The application sent a request that is too long.",
		.foreign_form = "The form did not come from this server's own page.",
		.failed = "The server failed. Please try again.",
		.signed_out = "You are signed out",
		.close_window = "You can close this window.",
		.phone = "Virtual phone",
		.no_messages = "No message yet.",
		.enrollment_sms = "%s is your code to enrol this device.",
		.reset_sms = "%s is your code to choose a new PIN.",
	},
	{
		.language = "fr",
		.sign_in = "Connexion",
		.continue_to = "Connectez-vous pour continuer vers %s.",
		.username = "Adresse e-mail",
		.password = "Mot de passe",
		.error = "Erreur",
		.wrong = "L’adresse e-mail ou le mot de passe est incorrect.",
		.too_many = "Trop de tentatives. Réessayez dans %s min.",
		.expired = "Cette page est restée ouverte trop longtemps. Veuillez vous reconnecter.",
		.busy = "Le serveur est occupé. Réessayez dans un instant.",
		.cannot = "Connexion impossible",
		.unknown_client = "L’application qui vous envoie n’est pas connue de ce serveur.",
		.unknown_redirect = "L’adresse de retour demandée par l’application n’est pas enregistrée pour elle.",
		.long_state = "La demande de l’application est trop longue.",
		.foreign_form = "Le formulaire ne vient pas de la page de ce serveur.",
		.failed = "Le serveur a rencontré une erreur. Veuillez réessayer.",
		.signed_out = "Vous êtes déconnecté",
		.close_window = "Vous pouvez fermer cette fenêtre.",
		.phone = "Téléphone virtuel",
		.no_messages = "Aucun message pour l’instant.",
		.enrollment_sms = "%s est votre code pour enregistrer cet appareil.",
		.reset_sms = "%s est votre code pour choisir un nouveau code PIN.",
	},
};

int texts_fill(const char *text, const char *value, struct buf *ret_text)
{
	const char *place = strstr(text, "%s");

	if (!place)
		return buf_puts(ret_text, text);
	buf_put(ret_text, text, (size_t)(place - text));
	buf_puts(ret_text, value);
	return buf_puts(ret_text, place + 2);
}

static const struct texts *find(const char *tag, size_t length)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (length >= 2 && strncasecmp(tag, languages[i].language, 2) == 0 && (length == 2 || tag[2] == '-' || tag[2] == '_'))
			return &languages[i];
	return NULL;
}

/* The first tag of a list that we have. Quality values are not weighed: senders put the best first. */
static const struct texts *find_first(const char *list)
{
	const struct texts *texts = NULL;

	while (list && *list && !texts) {
		list += strspn(list, " ,\t");
		texts = find(list, strcspn(list, " ,;\t"));
		list += strcspn(list, " ,\t");
	}
	return texts;
}

const struct texts *texts_of_request(const struct request *request)
{
	const struct texts *texts = find_first(request_parameter(request, "ui_locales"));

	if (!texts)
		texts = find_first(request_header(request, "Accept-Language"));
	return texts ? texts : &languages[0];
}

const struct texts *texts_of_locale(const char *locale)
{
	const struct texts *texts = find_first(locale);

	return texts ? texts : &languages[0];
}
