/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

const struct texts texts_fr = {
	.language = "fr",
	.sign_in = "Connexion",
	.continue_to = "Connectez-vous pour continuer vers %s.",
	.go_on_intro = "%s demande votre connexion. Ne continuez que si vous l’avez demandé vous-même.",
	.go_on_as = "Continuer avec %s",
	.other_account = "Utiliser un autre compte",
	.username = "Adresse e-mail",
	.password = "Mot de passe",
	.otp_label = "Mot de passe à usage unique",
	.otp_hint = "Depuis l’application d’un appareil que vous avez enregistré. Si vous n’en avez plus aucun, "
		"adressez-vous à l’opérateur de ce service.",
	.otp_if = "Seulement si un appareil est enregistré : depuis son application.",
	.wrong_otp = "Le mot de passe à usage unique est incorrect, déjà utilisé ou expiré. Demandez-en un "
		"nouveau.",
	.error = "Erreur",
	.wrong = "L’adresse e-mail ou le mot de passe est incorrect.",
	.too_many = "Trop de tentatives. Réessayez dans %s min.",
	.elsewhere = "Trop de mots de passe incorrects ont été essayés pour ce compte. Connectez-vous avec un navigateur ou "
		"depuis un réseau que vous avez déjà utilisé, ou demandez à l’opérateur de ce service.",
	.expired = "Cette page est restée ouverte trop longtemps. Veuillez vous reconnecter.",
	.busy = "Le serveur est occupé. Réessayez dans un instant.",
	.cannot = "Connexion impossible",
	.unknown_client = "L’application qui vous envoie n’est pas connue de ce serveur.",
	.unknown_redirect = "L’adresse de retour demandée par l’application n’est pas enregistrée pour elle.",
	.long_state = "La demande de l’application est trop longue.",
	.unknown_pushed = "La demande de l’application a expiré ou a déjà reçu sa réponse. Veuillez recommencer dans l’application.",
	.foreign_form = "Le formulaire ne vient pas de la page de ce serveur.",
	.failed = "Le serveur a rencontré une erreur. Veuillez réessayer.",
	.signed_out = "Vous êtes déconnecté",
	.sign_out = "Se déconnecter",
	.sign_out_intro = "Une application demande votre déconnexion. Si vous ne le souhaitez pas, fermez cette fenêtre.",
	.close_window = "Vous pouvez fermer cette fenêtre.",
	.phone = "Téléphone virtuel",
	.no_messages = "Aucun message pour l’instant.",
	.enrollment_sms = "%s est votre code pour enregistrer cet appareil.",
	.reset_sms = "%s est votre code pour choisir un nouveau code PIN.",
	.certification_sms = "%s est votre code pour confirmer ce numéro de téléphone.",
	.phone_changed_sms = "Votre compte a un nouveau numéro de téléphone. Si ce n’était pas vous, changez votre mot de "
		"passe et demandez de l’aide.",
	.cancel = "Annuler",
	.go_on = "Continuer",
	.create_heading = "Créer un compte",
	.create_intro = "Créez un compte pour %s.",
	.new_password = "Nouveau mot de passe",
	.repeat_password = "Répétez le nouveau mot de passe",
	.password_hint = "Au moins %s caractères. Quelques mots sans rapport entre eux se retiennent facilement.",
	.different = "Les deux mots de passe sont différents.",
	.weak = "Le mot de passe est trop court ou trop long.",
	.common = "Ce mot de passe est très répandu, ou c’est votre adresse. Choisissez-en un autre, par exemple quelques mots.",
	.bad_email = "Ce n’est pas une adresse e-mail.",
	.code_heading = "Consultez vos e-mails",
	.code_intro = "Nous avons envoyé un message à %s. Saisissez le code qu’il contient.",
	.code_label = "Code",
	.wrong_code = "Le code est incorrect ou a expiré.",
	.email_heading = "Changer votre adresse e-mail",
	.new_email = "Nouvelle adresse e-mail",
	.password_heading = "Changer votre mot de passe",
	.password_intro = "Tous vos autres appareils seront déconnectés.",
	.current_password = "Mot de passe actuel",
	.devices_heading = "Vos appareils",
	.no_devices = "Aucun appareil n’est enregistré.",
	.enrolled_on = "Enregistré le %s",
	.last_used_on = "Dernière utilisation le %s",
	.remove = "Retirer %s",
	.remove_sure = "Il ne produira plus de mots de passe à usage unique tant qu’il ne sera pas enregistré à nouveau.",
	.add_heading = "Ajouter un appareil",
	.add_intro = "Un code affiché ici enregistre un nouvel appareil sans SMS. D’autres peuvent lire ou "
		"détourner les messages du réseau téléphonique.",
	.add_show = "Afficher un code",
	.add_code = "Saisissez ce code sur le nouvel appareil :",
	.add_valid = "Il est valable pour un appareil et pendant %s minutes. Ne le communiquez à personne.",
	.sessions_heading = "Où vous êtes connecté",
	.no_sessions = "Aucune application n’est connectée.",
	.signed_in_on = "Connexion le %s",
	.end_session = "Se déconnecter de %s",
	.end_session_sure = "Elle vous demandera de vous reconnecter. Un appareil enregistré le reste.",
	.everywhere = "Se déconnecter partout",
	.everywhere_sure = "Toutes les applications et tous les navigateurs, celui-ci aussi, vous demanderont de vous reconnecter. "
		"Vos appareils restent enregistrés.",
	.recover_heading = "Récupérer votre compte",
	.recover_intro = "Saisissez le code que l’opérateur vous a donné et votre nouveau numéro de téléphone.",
	.recovery_code = "Code de récupération",
	.new_phone = "Nouveau numéro de téléphone",
	.bad_phone = "Ce n’est pas un numéro de téléphone.",
	.code_tries = "Le code est incorrect. Essais restants : %s.",
	.send_again = "Renvoyer le code",
	.sms_wait = "Le dernier message vient d’être envoyé. Il pourra être renvoyé dans %s s.",
	.no_country = "Aucun message n’est envoyé aux numéros de ce pays.",
	.done = "Terminé",
	.phone_changed = "Votre numéro de téléphone a été changé. Vous pouvez fermer cette fenêtre.",
	.code_subject = "Votre code",
	.notice_subject = "Votre compte",
	.create_mail = "%s est votre code pour créer un compte. Si vous ne l’avez pas demandé, ne faites rien.",
	.exists_mail = "Quelqu’un a voulu utiliser cette adresse pour un compte. Il en existe déjà un ; rien n’a été "
		"changé.",
	.email_mail = "%s est votre code pour utiliser cette adresse avec votre compte. Si vous ne l’avez pas "
		"demandé, ne faites rien.",
	.email_changed_mail = "L’adresse e-mail de votre compte a été changée. Si ce n’était pas vous, prévenez l’opérateur "
		"de ce service.",
	.password_changed_mail = "Le mot de passe de votre compte a été changé. Si ce n’était pas vous, prévenez l’opérateur de "
		"ce service.",
	.phone_changed_mail = "Le numéro de téléphone de votre compte a été changé. Si ce n’était pas vous, prévenez "
		"l’opérateur de ce service.",
	.device_mail = "Un appareil a été enregistré sur votre compte : %s. Si ce n’était pas vous, retirez-le, "
		"changez votre mot de passe et prévenez l’opérateur de ce service.",
	.device_pin_mail = "Un appareil a été enregistré sur votre compte et le code PIN a été choisi : %s. Si ce "
		"n’était pas vous, retirez l’appareil, changez votre mot de passe et prévenez l’opérateur de ce "
		"service.",
	.pin_mail = "Le code PIN de votre compte a été changé. Si ce n’était pas vous, changez votre mot de passe et "
		"prévenez l’opérateur de ce service.",
	.otp_row = "Trop de mots de passe à usage unique incorrects ont été essayés pour ce "
		"compte. Demandez-en un nouveau avec votre code PIN et saisissez-le.",
	.reset_heading = "Choisir un nouveau mot de passe",
	.reset_intro = "Saisissez le code qui vous a été envoyé par e-mail. Toutes les applications et tous les navigateurs vous demanderont de vous "
		"reconnecter.",
	.reset_done = "Votre mot de passe a été changé. Connectez-vous avec le nouveau.",
	.reset_mail = "%s est votre code pour choisir un nouveau mot de passe. Il est valable une fois, pendant 24 heures. L’opérateur de ce service "
		"l’a fait envoyer et ne le connaît pas : ne le donnez à personne. Si vous ne l’avez pas demandé, ne faites rien. Saisissez-le ici :",
	.new_place_mail = "Le mot de passe de votre compte a été utilisé dans un navigateur et un réseau où il ne l’était pas ces "
		"derniers temps : %s. Si ce n’était pas vous, changez votre mot de passe et prévenez l’opérateur de ce service.",
	.after_failures_mail = "Le mot de passe de votre compte a été utilisé après plusieurs essais incorrects : %s. Si ce n’était "
		"pas vous, changez votre mot de passe et prévenez l’opérateur de ce service.",
	.row_full_mail = "De très nombreux mots de passe incorrects ont été essayés pour votre compte, le dernier : %s. Vous pouvez "
		"vous connecter avec un navigateur ou dans un réseau que vous avez déjà utilisé ; si ce n’est pas possible, adressez-vous à "
		"l’opérateur de ce service.",
	.wrong_otps_mail = "Le mot de passe de votre compte a été utilisé, puis plusieurs mots de passe à usage unique incorrects : "
		"%s. Si ce n’était pas vous, changez votre mot de passe et prévenez l’opérateur de ce service.",
	.device_removed_mail = "Un appareil a été retiré de votre compte : %s. Si ce n’était pas vous, changez votre mot de "
		"passe et prévenez l’opérateur de ce service.",
	.passkey = "Clé d’accès",
	.passkey_heading = "Utilisez votre clé d’accès",
	.passkey_use = "Utiliser la clé d’accès",
	.passkey_failed = "Aucune clé d’accès n’a été utilisée. Réessayez, ou prenez-en une autre. Si vous les avez toutes perdues, "
		"adressez-vous à l’opérateur de ce service.",
	.passkey_not_made = "Aucune clé d’accès n’a été créée. Réessayez.",
	.passkey_known = "Cette clé d’accès est déjà enregistrée.",
	.passkey_refused = "La clé d’accès n’a pas été acceptée. Réessayez, ou prenez-en une autre.",
	.passkey_script = "Cette page a besoin de JavaScript pour demander la clé d’accès à votre navigateur.",
	.passkey_accepted = "La clé d’accès a été acceptée. Veuillez remplir le formulaire encore une fois.",
	.passkeys_heading = "Clés d’accès et clés de sécurité",
	.passkeys_intro = "Avec l’une d’elles, personne ne se connecte avec votre seul mot de passe, même si une fausse page vous "
		"l’a pris. Enregistrez-en deux, pour pouvoir encore vous connecter si vous en perdez une.",
	.passkey_add = "Ajouter une clé d’accès",
	.passkey_add_intro = "Votre navigateur demande où la garder : sur une clé de sécurité, sur cet ordinateur ou sur un téléphone. "
		"Ensuite, chaque connexion la demande en plus du mot de passe.",
	.passkey_wanted = "Ce service demande aussi une clé d’accès à chaque connexion. Ajoutez la vôtre maintenant.",
	.passkey_name = "Nom",
	.passkey_name_hint = "Pour la reconnaître, par exemple « Clé bleue ».",
	.passkey_first = "Utilisez-la maintenant une fois, pour voir qu’elle fonctionne. Elle compte à partir de là.",
	.added_on = "Ajoutée le %s",
	.passkey_remove_sure = "Il ne sera plus possible de se connecter avec elle. Si c’était la dernière, le mot de passe suffit à "
		"nouveau, ou le mot de passe à usage unique.",
	.passkey_added_mail = "Une clé d’accès a été ajoutée à votre compte, et chaque connexion la demande désormais : %s. Si ce "
		"n’était pas vous, prévenez l’opérateur de ce service.",
	.passkey_removed_mail = "Une clé d’accès a été retirée de votre compte : %s. Si ce n’était pas vous, changez votre mot de passe "
		"et prévenez l’opérateur de ce service.",
};
