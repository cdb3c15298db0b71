/**
 * Puts a text on the clipboard. Browsers give the clipboard to pages of https and of this machine only; elsewhere the old
 * way is tried, by a text field that is selected. @returns what to tell the person
 */
export async function copy(text: string): Promise<'Copied' | 'Could not copy'> {
  const done = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  return (done ?? false) || bySelection(text) ? 'Copied' : 'Could not copy'
}

function bySelection(text: string): boolean {
  const focused = focusedNow()
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  Object.assign(field.style, { position: 'fixed', top: '0', opacity: '0' })
  document.body.append(field)
  try {
    field.select()
    return document.execCommand('copy')
  } finally {
    field.remove()
    focused?.focus({ preventScroll: true })
  }
}

function focusedNow(): HTMLElement | undefined {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element instanceof HTMLElement ? element : undefined
}
