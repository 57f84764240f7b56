/* The customer is chosen: go on without another tap. */
"use strict";
document.addEventListener("picker:chosen", (event) => event.target.closest("form[data-choose]")?.requestSubmit());
