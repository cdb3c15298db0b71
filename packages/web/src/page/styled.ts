import { noChange } from 'lit'
import { type AttributePart, Directive, type DirectiveResult, directive } from 'lit/directive.js'

/**
 * `style=${styled({ width: '3px' })}`. Sets properties one by one where Lit's styleMap first writes the attribute: the
 * content policy allows scripts to set properties, and nobody to write style attributes.
 */
class Styled extends Directive {
  #set: readonly string[] = []

  override render(_: Readonly<Record<string, string>>): typeof noChange {
    return noChange
  }

  override update({ element }: AttributePart, [style]: [Readonly<Record<string, string>>]): typeof noChange {
    const target = (element as HTMLElement).style
    for (const name of this.#set) if (!Object.hasOwn(style, name)) target.removeProperty(name)
    for (const [name, value] of Object.entries(style)) target.setProperty(name, value)
    this.#set = Object.keys(style)
    return noChange
  }
}

export const styled: (style: Readonly<Record<string, string>>) => DirectiveResult<typeof Styled> = directive(Styled)
