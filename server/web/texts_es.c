/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

const struct texts texts_es = {
	.language = "es",
	.sign_in = "Iniciar sesión",
	.continue_to = "Inicie sesión para continuar a %s.",
	.go_on_intro = "%s quiere iniciar su sesión. Continúe solo si lo ha pedido usted.",
	.go_on_as = "Continuar como %s",
	.other_account = "Usar otra cuenta",
	.username = "Dirección de correo electrónico",
	.password = "Contraseña",
	.otp_label = "Contraseña de un solo uso",
	.otp_hint = "De la aplicación de un dispositivo que usted registró. Si ya no tiene ninguno, pregunte al "
		"operador de este servicio.",
	.otp_if = "Solo si hay un dispositivo registrado: de su aplicación.",
	.wrong_otp = "La contraseña de un solo uso es incorrecta, ya se usó o ha caducado. Pida una nueva.",
	.error = "Error",
	.wrong = "La dirección de correo o la contraseña es incorrecta.",
	.too_many = "Demasiados intentos. Vuelva a intentarlo en %s min.",
	.elsewhere = "Se han probado demasiadas contraseñas incorrectas para esta cuenta. Inicie sesión con un navegador o "
		"desde una red que ya haya usado, o pregunte al operador de este servicio.",
	.expired = "Esta página ha estado abierta demasiado tiempo. Inicie sesión de nuevo.",
	.busy = "El servidor está ocupado. Vuelva a intentarlo en un momento.",
	.cannot = "No puede iniciar sesión aquí",
	.unknown_client = "Este servidor no conoce la aplicación que le envía.",
	.unknown_redirect = "La dirección de retorno que pide la aplicación no está registrada para ella.",
	.long_state = "La petición de la aplicación es demasiado larga.",
	.unknown_pushed = "La petición de la aplicación ha caducado o ya fue respondida. Empiece de nuevo en la aplicación.",
	.foreign_form = "El formulario no procede de una página de este servidor.",
	.failed = "El servidor ha fallado. Vuelva a intentarlo.",
	.signed_out = "Ha cerrado la sesión",
	.sign_out = "Cerrar sesión",
	.sign_out_intro = "Una aplicación quiere cerrar su sesión. Si no lo desea, cierre esta ventana.",
	.close_window = "Puede cerrar esta ventana.",
	.phone = "Teléfono virtual",
	.no_messages = "Todavía no hay mensajes.",
	.enrollment_sms = "%s es su código para registrar este dispositivo.",
	.reset_sms = "%s es su código para elegir un PIN nuevo.",
	.certification_sms = "%s es su código para confirmar este número de teléfono.",
	.phone_changed_sms = "Su cuenta tiene ahora un número de teléfono nuevo. Si no ha sido usted, cambie su contraseña "
		"y pida ayuda.",
	.cancel = "Cancelar",
	.go_on = "Continuar",
	.create_heading = "Crear una cuenta",
	.create_intro = "Cree una cuenta para %s.",
	.new_password = "Contraseña nueva",
	.repeat_password = "Repita la contraseña nueva",
	.password_hint = "%s caracteres como mínimo. Unas palabras sin relación entre sí son fáciles de recordar.",
	.different = "Las dos contraseñas no son iguales.",
	.weak = "La contraseña es demasiado corta o demasiado larga.",
	.common = "Muchas personas usan esta contraseña, o es su dirección. Elija otra, por ejemplo unas palabras.",
	.bad_email = "No es una dirección de correo electrónico.",
	.code_heading = "Consulte su correo",
	.code_intro = "Hemos enviado un mensaje a %s. Introduzca el código que contiene.",
	.code_label = "Código",
	.wrong_code = "El código es incorrecto o ha caducado.",
	.email_heading = "Cambiar su dirección de correo",
	.new_email = "Nueva dirección de correo electrónico",
	.password_heading = "Cambiar su contraseña",
	.password_intro = "Se cerrará la sesión en todos sus demás dispositivos.",
	.current_password = "Contraseña actual",
	.devices_heading = "Sus dispositivos",
	.no_devices = "No hay ningún dispositivo registrado.",
	.enrolled_on = "Registrado el %s",
	.last_used_on = "Último uso el %s",
	.remove = "Quitar %s",
	.remove_sure = "Ya no generará contraseñas de un solo uso hasta que se registre de nuevo.",
	.add_heading = "Añadir un dispositivo",
	.add_intro = "Un código que se muestra aquí registra un dispositivo nuevo sin SMS. Otros pueden leer o "
		"desviar los mensajes de la red telefónica.",
	.add_show = "Mostrar un código",
	.add_code = "Escriba este código en el dispositivo nuevo:",
	.add_valid = "Vale para un dispositivo y durante %s minutos. No se lo diga a nadie.",
	.sessions_heading = "Dónde ha iniciado sesión",
	.no_sessions = "Ninguna aplicación tiene la sesión iniciada.",
	.signed_in_on = "Sesión iniciada el %s",
	.end_session = "Cerrar la sesión de %s",
	.end_session_sure = "Le pedirá que inicie sesión de nuevo. Un dispositivo registrado sigue registrado.",
	.everywhere = "Cerrar todas las sesiones",
	.everywhere_sure = "Todas las aplicaciones y todos los navegadores, también este, le pedirán que inicie sesión de nuevo. Sus "
		"dispositivos siguen registrados.",
	.recover_heading = "Recuperar su cuenta",
	.recover_intro = "Introduzca el código que le dio el operador y su nuevo número de teléfono.",
	.recovery_code = "Código de recuperación",
	.new_phone = "Nuevo número de teléfono",
	.bad_phone = "No es un número de teléfono.",
	.code_tries = "El código es incorrecto. Intentos restantes: %s.",
	.send_again = "Enviar el código de nuevo",
	.sms_wait = "El último mensaje se acaba de enviar. Se podrá enviar de nuevo en %s s.",
	.no_country = "No se envían mensajes a números de ese país.",
	.done = "Hecho",
	.phone_changed = "Su número de teléfono ha cambiado. Puede cerrar esta ventana.",
	.code_subject = "Su código",
	.notice_subject = "Su cuenta",
	.create_mail = "%s es su código para crear una cuenta. Si no lo ha pedido, no haga nada.",
	.exists_mail = "Alguien ha querido usar esta dirección para una cuenta. Ya existe una; no se ha cambiado nada.",
	.email_mail = "%s es su código para usar esta dirección con su cuenta. Si no lo ha pedido, no haga nada.",
	.email_changed_mail = "La dirección de correo de su cuenta ha cambiado. Si no ha sido usted, avise al operador de "
		"este servicio.",
	.password_changed_mail = "La contraseña de su cuenta ha cambiado. Si no ha sido usted, avise al operador de este "
		"servicio.",
	.phone_changed_mail = "El número de teléfono de su cuenta ha cambiado. Si no ha sido usted, avise al operador de "
		"este servicio.",
	.device_mail = "Se ha registrado un dispositivo en su cuenta: %s. Si no ha sido usted, elimínelo, cambie su "
		"contraseña y avise al operador de este servicio.",
	.device_pin_mail = "Se ha registrado un dispositivo en su cuenta y se ha elegido el PIN: %s. Si no ha sido "
		"usted, elimine el dispositivo, cambie su contraseña y avise al operador de este servicio.",
	.pin_mail = "El PIN de su cuenta ha cambiado. Si no ha sido usted, cambie su contraseña y avise al operador "
		"de este servicio.",
	.otp_row = "Se han probado demasiadas contraseñas de un solo uso incorrectas para esta "
		"cuenta. Obtenga una nueva con su PIN e introdúzcala.",
	.reset_heading = "Elegir una contraseña nueva",
	.reset_intro = "Introduzca el código que se le envió por correo. Todas las aplicaciones y todos los navegadores le pedirán que inicie sesión de "
		"nuevo.",
	.reset_done = "Su contraseña ha cambiado. Inicie sesión con la nueva.",
	.reset_mail = "%s es su código para elegir una contraseña nueva. Vale una vez, durante 24 horas. El operador de este servicio lo ha hecho "
		"enviar y no lo conoce: no se lo dé a nadie. Si no lo ha pedido, no haga nada. Introdúzcalo aquí:",
	.new_place_mail = "La contraseña de su cuenta se ha usado en un navegador y una red en los que no se usaba últimamente: %s. Si "
		"no ha sido usted, cambie su contraseña y avise al operador de este servicio.",
	.after_failures_mail = "La contraseña de su cuenta se ha usado después de varios intentos incorrectos: %s. Si no ha sido usted, "
		"cambie su contraseña y avise al operador de este servicio.",
	.row_full_mail = "Se han probado muchísimas contraseñas incorrectas para su cuenta, la última: %s. Puede iniciar sesión con un "
		"navegador o en una red que ya haya usado; si no es posible, consulte al operador de este servicio.",
	.wrong_otps_mail = "La contraseña de su cuenta se ha usado, y después varias contraseñas de un solo uso incorrectas: %s. Si no ha "
		"sido usted, cambie su contraseña y avise al operador de este servicio.",
	.device_removed_mail = "Se ha quitado un dispositivo de su cuenta: %s. Si no ha sido usted, cambie su contraseña y "
		"avise al operador de este servicio.",
	.passkey = "Llave de acceso",
	.passkey_heading = "Use su llave de acceso",
	.passkey_use = "Usar la llave de acceso",
	.passkey_failed = "No se ha usado ninguna llave de acceso. Vuelva a intentarlo o use otra. Si las ha perdido todas, "
		"pregunte al operador de este servicio.",
	.passkey_known = "Esta llave de acceso ya está registrada.",
	.passkey_refused = "La llave de acceso no se ha aceptado. Vuelva a intentarlo o use otra.",
	.passkey_script = "Esta página necesita JavaScript para pedir la llave de acceso a su navegador.",
	.passkey_accepted = "La llave de acceso se ha aceptado. Rellene el formulario una vez más.",
	.passkeys_heading = "Llaves de acceso y llaves de seguridad",
	.passkeys_intro = "Con una de ellas nadie inicia sesión solo con su contraseña, aunque una página falsa se la haya quitado. "
		"Registre dos, para poder iniciar sesión si pierde una.",
	.passkey_add = "Añadir una llave de acceso",
	.passkey_add_intro = "Su navegador pregunta dónde guardarla: en una llave de seguridad, en este ordenador o en un teléfono. "
		"Desde entonces cada inicio de sesión la pide además de la contraseña.",
	.passkey_name = "Nombre",
	.passkey_name_hint = "Para reconocerla, por ejemplo «Llave azul».",
	.passkey_first = "Úsela ahora una vez, para ver que funciona. Cuenta desde ese momento.",
	.added_on = "Añadida el %s",
	.passkey_remove_sure = "Ya no será posible iniciar sesión con ella. Si era la última, basta de nuevo la contraseña, o la "
		"contraseña de un solo uso.",
	.passkey_added_mail = "Se ha añadido una llave de acceso a su cuenta, y cada inicio de sesión la pide desde ahora: %s. Si no ha "
		"sido usted, avise al operador de este servicio.",
	.passkey_removed_mail = "Se ha quitado una llave de acceso de su cuenta: %s. Si no ha sido usted, cambie su contraseña y avise al "
		"operador de este servicio.",
};
