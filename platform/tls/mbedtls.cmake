# Mbed TLS as one static archive with one configuration, so that an app links
# only the members that it calls. Used by platform/board and platform/tls.

if(NOT TARGET picofetch_mbedtls)
	get_filename_component(PICOFETCH_MBEDTLS_PATH ${CMAKE_CURRENT_LIST_DIR}/../../third-party/mbedtls ABSOLUTE)
	set(picofetch_mbedtls_library ${PICOFETCH_MBEDTLS_PATH}/library)

	# Where the cycles of a handshake and of the records go.
	set(picofetch_mbedtls_hot
		aes bignum bignum_core chacha20 constant_time ecp ecp_curves gcm poly1305 sha256 sha512
	)
	set(picofetch_mbedtls_cold
		asn1parse asn1write bignum_mod bignum_mod_raw block_cipher chachapoly cipher cipher_wrap ctr_drbg
		ecdh ecdsa hkdf hmac_drbg md oid pk pk_ecc pk_wrap pkparse platform platform_util
		psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client
		psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_hash psa_crypto_mac
		psa_crypto_rsa psa_crypto_slot_management psa_util
		rsa rsa_alt_helpers
		ssl_ciphersuites ssl_client ssl_msg ssl_tls ssl_tls12_client
		ssl_tls13_client ssl_tls13_generic ssl_tls13_keys
		x509 x509_crt
	)
	# The server's half, for the apps that listen.
	if("tls-server" IN_LIST APP_LIBRARIES)
		list(APPEND picofetch_mbedtls_cold ssl_tls12_server ssl_tls13_server)
	endif()
	set(picofetch_mbedtls_sources)
	foreach(name IN LISTS picofetch_mbedtls_hot)
		list(APPEND picofetch_mbedtls_sources ${picofetch_mbedtls_library}/${name}.c)
		set_source_files_properties(${picofetch_mbedtls_library}/${name}.c PROPERTIES COMPILE_OPTIONS -O2)
	endforeach()
	foreach(name IN LISTS picofetch_mbedtls_cold)
		list(APPEND picofetch_mbedtls_sources ${picofetch_mbedtls_library}/${name}.c)
		set_source_files_properties(${picofetch_mbedtls_library}/${name}.c PROPERTIES COMPILE_OPTIONS -Os)
	endforeach()

	# P-256 has arithmetic of its own: ecp.c's general one is called from there for the other curves.
	set_source_files_properties(${picofetch_mbedtls_library}/ecp.c PROPERTIES COMPILE_DEFINITIONS
		"mbedtls_ecp_mul=ecp_general_mul;mbedtls_ecp_mul_restartable=ecp_general_mul_restartable;mbedtls_ecp_muladd=ecp_general_muladd;mbedtls_ecp_muladd_restartable=ecp_general_muladd_restartable")
	# So has RSA's public operation.
	set_source_files_properties(${picofetch_mbedtls_library}/rsa.c PROPERTIES COMPILE_DEFINITIONS
		"mbedtls_mpi_exp_mod_unsafe=rsa_public_exp_mod")
	# Two judge a chain (judgement.h): a signature is computed once, and what the library cannot read is left to the other.
	set_source_files_properties(${picofetch_mbedtls_library}/x509_crt.c PROPERTIES COMPILE_DEFINITIONS
		"mbedtls_pk_verify_ext=judgement_signature")
	set_source_files_properties(${picofetch_mbedtls_library}/ssl_tls.c ${picofetch_mbedtls_library}/ssl_tls13_generic.c PROPERTIES COMPILE_DEFINITIONS
		"mbedtls_x509_crt_parse_der=judgement_parse")
	# How large a record may be is the connection's (handshake.c), not the library's buffer's.
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_tls13_generic.c APPEND PROPERTY COMPILE_DEFINITIONS
		"mbedtls_ssl_tls13_write_record_size_limit_ext=handshake_library_record_size_limit_ext")
	# Messages are read and alerts are sent by way of handshake.c, which says why.
	foreach(name ssl_tls ssl_tls12_client ssl_tls12_server ssl_tls13_client ssl_tls13_generic ssl_tls13_server)
		set_property(SOURCE ${picofetch_mbedtls_library}/${name}.c APPEND PROPERTY COMPILE_DEFINITIONS
			"mbedtls_ssl_read_record=handshake_read_message;mbedtls_ssl_send_alert_message=handshake_send_alert;mbedtls_ssl_handle_pending_alert=handshake_send_pending_alert")
	endforeach()
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_tls13_generic.c APPEND PROPERTY COMPILE_DEFINITIONS "mbedtls_pk_verify_ext=handshake_verify")
	# What the library takes from the other side, and should not, or does not, and should (handshake.c).
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_tls13_client.c ${picofetch_mbedtls_library}/ssl_tls13_server.c APPEND PROPERTY COMPILE_DEFINITIONS
		"mbedtls_ssl_tls13_check_received_extension=handshake_check_received_extension")
	# What a ClientHello offers, the second of a handshake too (handshake.c).
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_client.c APPEND PROPERTY COMPILE_DEFINITIONS
		"mbedtls_ssl_start_handshake_msg=handshake_begin_hello;mbedtls_ssl_tls12_write_client_hello_exts=handshake_write_12_extensions")
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_tls13_client.c APPEND PROPERTY COMPILE_DEFINITIONS
		"mbedtls_ssl_session_reset_msg_layer=handshake_take_retry;mbedtls_ssl_tls13_generate_and_write_xxdh_key_exchange=handshake_write_share")
	set_property(SOURCE ${picofetch_mbedtls_library}/ssl_tls12_client.c APPEND PROPERTY COMPILE_DEFINITIONS
		"mbedtls_ecdh_read_params=handshake_read_parameters")
	# Our own keys are EC (identity.h): what private RSA keys can do is left out of pk's tables. Signatures of ECDSA are held to DER.
	set_source_files_properties(${picofetch_mbedtls_library}/pk.c ${picofetch_mbedtls_library}/pk_wrap.c PROPERTIES COMPILE_DEFINITIONS
		"mbedtls_rsa_pkcs1_sign=public_keys_rsa_sign;mbedtls_rsa_rsassa_pss_sign_no_mode_check=public_keys_rsa_sign_pss;mbedtls_rsa_pkcs1_decrypt=public_keys_rsa_decrypt;mbedtls_rsa_pkcs1_encrypt=public_keys_rsa_encrypt;mbedtls_rsa_check_pub_priv=public_keys_rsa_check_pair;mbedtls_ecdsa_read_signature=public_keys_ecdsa_read_signature")
	set(picofetch_arithmetic
		${CMAKE_CURRENT_LIST_DIR}/p256.c ${CMAKE_CURRENT_LIST_DIR}/p256_ecp.c ${CMAKE_CURRENT_LIST_DIR}/rsa_public.c
		${CMAKE_CURRENT_LIST_DIR}/public_keys.c ${CMAKE_CURRENT_LIST_DIR}/handshake.c
	)
	set_source_files_properties(${picofetch_arithmetic} PROPERTIES COMPILE_OPTIONS -O2)
	if(PICO_RP2040 OR PICOFETCH_BARE_ARM)
		enable_language(ASM)
		list(APPEND picofetch_arithmetic ${CMAKE_CURRENT_LIST_DIR}/p256_m0.S)
		set_source_files_properties(${picofetch_mbedtls_library}/bignum_core.c PROPERTIES COMPILE_OPTIONS
			"-O2;-include;${CMAKE_CURRENT_LIST_DIR}/bn_mul_m0.h")
	endif()

	add_library(picofetch_mbedtls STATIC EXCLUDE_FROM_ALL ${picofetch_mbedtls_sources} ${picofetch_arithmetic})
	target_include_directories(picofetch_mbedtls
		PUBLIC ${PICOFETCH_MBEDTLS_PATH}/include ${CMAKE_CURRENT_LIST_DIR}
		PRIVATE ${picofetch_mbedtls_library}
	)
	target_compile_definitions(picofetch_mbedtls PUBLIC MBEDTLS_CONFIG_FILE="tls_config.h")
	if("tls-server" IN_LIST APP_LIBRARIES)
		target_compile_definitions(picofetch_mbedtls PUBLIC PICOFETCH_TLS_SERVER)
	endif()
	target_compile_options(picofetch_mbedtls PRIVATE -ffunction-sections -fdata-sections)
endif()
